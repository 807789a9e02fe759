"""The lines whose rounds interleave: orders, hot, floor, solo, reads."""

import os
import statistics

from bench.driver.scale import EVENTS_A_ORDER, PRODUCTS, WINDOW
from bench.driver.world import say

DATABASE = "orders"
PGBENCH = "pgbench"
IN_FLIGHT = (64, 256)
BATCH_S = 4  # a few hundred transactions: the first ones of a session are planned anew each time


class OrderLines:
    """One round. What several lines need is measured once."""

    def __init__(self, loads, results):
        self._loads = loads
        self._world = loads.world
        self._results = results
        self._done = {}

    def begin_round(self):
        """Fresh databases: both sides begin with empty tables."""
        self._done = {}
        self._world.stop_daemon()
        for database in (DATABASE, PGBENCH):
            self._world.drop_database(database)
        self._world.make_database(PGBENCH)
        self._world.script(PGBENCH, "pgbench_setup.sql")
        self._world.start_daemon(DATABASE)
        return self._loads.assert_settings(DATABASE)

    def _once(self, name, measure):
        if name not in self._done:
            say(name)
            self._done[name] = measure()
        return self._done[name]

    def _orders(self, in_flight):
        return self._once(f"orders, {in_flight} in flight", lambda: self._loads.orders(DATABASE, in_flight))

    def _hot(self, in_flight):
        return self._once(f"one product, {in_flight} in flight",
                          lambda: self._loads.orders(DATABASE, in_flight, products=1))

    def _best_pgbench(self, products):
        return self._once(f"pgbench, {products} products, two forms, 8/32/64 clients",
                          lambda: self._loads.best_pgbench(PGBENCH, products))

    def _rate(self, line, what, measured, rate, bare, bare_rate, unit="orders/s"):
        self._results.add(line, what, rate / bare_rate, measured=rate, yardstick=bare_rate, unit=unit,
                          cpu_us=measured["cpu_us"], yardstick_cpu_us=bare["cpu_us"])

    def orders(self):
        best = self._best_pgbench(PRODUCTS)
        for in_flight in IN_FLIGHT:
            run = self._orders(in_flight)
            self._rate("orders", f"{in_flight} in flight", run, run["confirmed_per_s"], best, best["per_s"])

    def hot(self):
        best = self._best_pgbench(1)
        for in_flight in IN_FLIGHT:
            ordinary, run = self._orders(in_flight), self._hot(in_flight)
            self._rate("hot", f"{in_flight} in flight, of orders", run, run["confirmed_per_s"], ordinary,
                       ordinary["confirmed_per_s"])
            self._rate("hot", f"{in_flight} in flight, of pgbench", run, run["confirmed_per_s"], best,
                       best["per_s"])

    def floor(self):
        parts = self._once("the same rows, messages and calls, bare", self._bare)
        rate = len(os.sched_getaffinity(0)) * 1_000_000 / sum(parts.values())
        for in_flight in IN_FLIGHT:
            run = self._orders(in_flight)
            self._results.add("floor", f"{in_flight} in flight", run["confirmed_per_s"] / rate,
                              measured=run["confirmed_per_s"], yardstick=rate, unit="orders/s", cpu_us=parts)

    def _bare(self):
        """CPU of an order where all that is needed is done and nothing else."""
        rows = self._loads.pgbench(PGBENCH, "pgbench_batch.sql", 2, seconds=BATCH_S)["cpu_us"]
        events = self._loads.publish(self._loads.scale.publish_messages, WINDOW)["cpu_us"]
        calls = self._loads.calls(self._world.echo_address(), "create", 64)["cpu_us"]
        return {"rows": sum(rows.values()), "events": EVENTS_A_ORDER * (events["broker"] + events["client"]),
                "call": calls["echo"] + calls["client"]}

    def solo(self):
        mine = self._once("orders, 1 in flight", lambda: self._loads.orders(DATABASE, 1))
        yardstick_ms = self._once("pgbench, 1 client", self._pgbench_p50_ms)
        p50_ms = mine["kinds"]["create"]["p50_ms"]
        self._results.add("solo", "p50", p50_ms / yardstick_ms, measured=p50_ms, yardstick=yardstick_ms, unit="ms",
                          cpu_us=mine["cpu_us"])

    def _pgbench_p50_ms(self):
        """The better of both forms."""
        medians = []
        for script in ("pgbench_order_statements.sql", "pgbench_order.sql"):
            prefix = self._world.folder / "pgbench-solo"
            self._loads.pgbench(PGBENCH, script, 1, log_prefix=prefix)
            latencies_us = []
            for log in self._world.folder.glob("pgbench-solo.*"):
                latencies_us += [int(line.split()[2]) for line in log.read_text().splitlines()]
                log.unlink()
            medians.append(statistics.median(latencies_us) / 1000)
        return min(medians)

    def reads(self):
        self._orders(64)  # what is read
        mine = self._once("GetOrder, 64 in flight",
                          lambda: self._loads.calls(self._world.daemon.address, "get", 64, DATABASE))
        bare = self._once("the same call to a bare server",
                          lambda: self._loads.calls(self._world.echo_address(), "get", 64))
        self._rate("reads", "64 in flight", mine, mine["per_s"], bare, bare["per_s"], "calls/s")
