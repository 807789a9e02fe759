"""The loads, and what the benchmark asserts after each: nothing was lost, nothing was made cheaper than it is."""

import re

from bench.driver import processes
from bench.driver.processes import BenchError
from bench.driver.scale import BATCH_ORDERS, EVENTS_A_ORDER, ITEMS, PGBENCH_CLIENTS, PRODUCTS
from bench.driver.world import BUILD, QUEUES, SQL

ROWS = ("orders", "order_items", "reservations", "order_status_history", "stock_movements")
PGBENCH_SCRIPTS = ("pgbench_order_statements.sql", "pgbench_order.sql")


def per_call(spent_us, calls, client_us):
    """CPU by process for each call; of what did nothing there is nothing."""
    by_process = {name: us / calls for name, us in (spent_us | {"client": client_us}).items()}
    return {name: us for name, us in by_process.items() if us >= 1}


class Loads:
    def __init__(self, world, scale, seed):
        self.world = world
        self.scale = scale
        self._seed = seed
        self._pgbench_run = 0

    def seed(self):
        """Another one for each load, so that none repeats the ids of another."""
        self._seed += 1
        return str(self._seed)

    # ---- assertions

    def assert_settings(self, database):
        """Postgres and the queues keep what they confirm; the settings, for the record."""
        names = ("synchronous_commit", "fsync", "full_page_writes", "wal_level")
        values = dict(zip(names, self.world.sql(
            database, "SELECT " + ", ".join(f"current_setting('{name}')" for name in names)).split("|")))
        for name in ("synchronous_commit", "fsync", "full_page_writes"):
            if values[name] != "on":
                raise BenchError(f"Postgres has {name} = {values[name]}: this would measure something else")
        for queue in QUEUES:
            said = self.world.broker("GET", f"/api/queues/%2f/{queue}")
            if said["type"] != "quorum" or not said["durable"]:
                raise BenchError(f"queue {queue} is no durable quorum queue")
        return values | {"queues": "quorum, durable"}

    def _count(self, database):
        counts = self.world.sql(database, "SELECT " + ", ".join(f"(SELECT count(*) FROM {name})" for name in ROWS))
        return dict(zip(ROWS, map(int, counts.split("|"))))

    def _assert_stored(self, database, before, confirmed_before, orders, products):
        after = self._count(database)
        # Lines of one product are one movement.
        each = {"order_items": ITEMS, "stock_movements": ITEMS if products > 1 else 1}
        for name in ROWS:
            wanted = orders * each.get(name, 1)
            if after[name] - before[name] != wanted:
                raise BenchError(f"{orders} orders were answered, and {name} has {after[name] - before[name]} new rows")
        processes.wait_until(10, "emptying the outbox", lambda: self.world.sql(
            database, "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_quarantine)") == "0")
        events = orders * EVENTS_A_ORDER
        confirmed = self.world.daemon.confirmed_events() - confirmed_before
        if confirmed < events:
            raise BenchError(f"{orders} orders were answered, and the broker confirmed {confirmed} events of them")
        queued = self.world.queued()
        if queued != confirmed:
            raise BenchError(f"the broker confirmed {confirmed} events, and its queues hold {queued}")

    # ---- loads

    def orders(self, database, in_flight, products=PRODUCTS, seconds=None):
        """Orders through the daemon until the outbox is empty; with CPU per order in `cpu_us`."""
        self.world.quiet_down()
        before, confirmed_before = self._count(database), self.world.daemon.confirmed_events()
        meter = self.world.meter()
        result = self.order_load(self.world.daemon.address, "create", in_flight=in_flight, products=products,
                                 seconds=seconds, database=database)
        result["cpu_us"] = per_call(meter.spent_us(), result["calls"], result["client_cpu_us"])
        self._assert_stored(database, before, confirmed_before, result["calls"], products)
        return result

    def order_load(self, address, kind, *, in_flight=None, rate=None, products=PRODUCTS, seconds=None, database=None,
                   may_fail=False):
        seconds = seconds or self.scale.load_s
        arguments = [str(BUILD / "order_load"), "--address", address, "--kind", kind, "--seconds", str(seconds),
                     "--products", str(products), "--items", str(ITEMS), "--seed", self.seed()]
        arguments += ["--rate", str(rate)] if rate else ["--in-flight", str(in_flight)]
        if database:
            arguments += ["--database-url", self.world.url(database)]
        result = processes.run_json(arguments, seconds + 240)
        if result["failed"] and not may_fail or not result["calls"]:
            raise BenchError(f"{kind}: {result['failed']} of {result['calls']} calls failed: {result['first_failure']}")
        return result

    def calls(self, address, kind, in_flight, database=None):
        """Calls with nothing to confirm, with CPU per call."""
        meter = self.world.meter()
        result = self.order_load(address, kind, in_flight=in_flight, database=database)
        result["cpu_us"] = per_call(meter.spent_us(), result["calls"], result["client_cpu_us"])
        return result

    def pgbench(self, database, script, clients, products=PRODUCTS, log_prefix=None, seconds=None, port=None):
        """Orders a second, and CPU per order. A failed transaction ends the measurement. `port`: see World.url()."""
        seconds = seconds or self.scale.pgbench_s
        self.world.quiet_down()
        self._pgbench_run += 1
        orders_each = BATCH_ORDERS if script == "pgbench_batch.sql" else 1
        arguments = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-T",
                     str(seconds), "-D", f"products={products}", "-D", f"run={self._pgbench_run}", "-D",
                     "n=0", "--random-seed", self.seed(), "-f", str(SQL / script)]
        if log_prefix:
            arguments += ["--log", "--log-prefix", str(log_prefix)]
        before = int(self.world.sql(database, "SELECT count(*) FROM orders"))
        meter = self.world.meter()
        ended = self.world.pgbench(database, arguments, seconds + 60, port)
        spent = meter.spent_us()
        transactions = int(re.search(r"^number of transactions actually processed: (\d+)", ended.out, re.M)[1])
        stored = int(self.world.sql(database, "SELECT count(*) FROM orders")) - before
        if stored != transactions * orders_each or not stored:
            raise BenchError(f"pgbench says {transactions} transactions, and {stored} orders are stored")
        rate = float(re.search(r"^tps = ([\d.]+)", ended.out, re.M)[1]) * orders_each
        cpu_us = {"Postgres": spent["Postgres"] / stored, "client": ended.cpu_us / stored}
        return {"per_s": rate, "orders": stored, "clients": clients, "script": script, "cpu_us": cpu_us}

    def best_pgbench(self, database, products=PRODUCTS):
        """Of both forms and three numbers of clients."""
        tried = [self.pgbench(database, script, clients, products)
                 for script in PGBENCH_SCRIPTS for clients in PGBENCH_CLIENTS]
        return max(tried, key=lambda one: one["per_s"])

    def publish(self, messages, window):
        """The bare publisher, with CPU per message."""
        self.world.quiet_down()
        meter = self.world.meter()
        result = processes.run_json([str(BUILD / "event_load"), "publish", "--amqp-url", self.world.amqp_url,
                                     "--messages", str(messages), "--window", str(window)], 60 + messages / 1000)
        result["cpu_us"] = per_call(meter.spent_us(), messages, result["client_cpu_us"])
        return result
