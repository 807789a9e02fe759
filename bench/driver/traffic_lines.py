"""The lines mixed, growth, streams and footprint."""

import subprocess
import time

from bench.driver import processes
from bench.driver.loads import per_call
from bench.driver.scale import PRODUCTS
from bench.driver.world import BUILD, say

CAPACITY_SHARE = 0.7
LISTS_IN_FLIGHT = 16
FEW, MANY = "growth_few", "growth_many"
IDLE_S = 2


class TrafficLines:
    def __init__(self, loads, results):
        self._loads = loads
        self._world = loads.world
        self._results = results

    # ---- mixed

    def mixed(self):
        """Open loop: a call's time begins when it is due, whether or not the ones before it were answered."""
        self._world.drop_database("mixed")
        daemon = self._world.start_daemon("mixed")
        self._loads.orders("mixed", 64, seconds=1)
        say("mixed calls, 64 in flight: the capacity")
        capacity = self._loads.order_load(daemon.address, "mixed", in_flight=64, database="mixed")["per_s"]
        rate = int(CAPACITY_SHARE * capacity)
        say(f"mixed calls, {rate}/s of {capacity:.0f}/s")
        self._world.quiet_down()
        meter = self._world.meter()
        run = self._loads.order_load(daemon.address, "mixed", rate=rate, seconds=2 * self._loads.scale.load_s,
                                     database="mixed", may_fail=True)
        cpu_us = per_call(meter.spent_us(), run["calls"], run["client_cpu_us"])
        self._results.add("mixed", "errors", run["failed"], unit=f"of {run['calls']}", cpu_us=cpu_us)
        self._results.add("mixed", "p99 of all", run["all"]["p99_ms"], unit="ms")
        for kind in ("create", "get", "list", "status"):
            self._results.add("mixed", f"p99 {kind}", run["kinds"][kind]["p99_ms"], unit="ms")

    # ---- growth

    def growth(self):
        """The same with few and with many orders: two databases, each round one after the other."""
        scale = self._loads.scale
        if not self._world.sql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{MANY}'"):
            say(f"filling {scale.many_orders} orders")
            self._fill(MANY, scale.many_orders, scale.fill_minutes * 60)
        self._world.stop_daemon()
        self._world.drop_database(FEW)
        self._fill(FEW, scale.few_orders, 60)
        few = self._measure_growth(FEW, scale.few_orders)
        many = self._measure_growth(MANY, scale.many_orders)
        for what, unit in (("orders", "orders/s"), ("lists", "calls/s"), ("resumes", "changes/s")):
            self._results.add("growth", what, many[what]["per_s"] / few[what]["per_s"], measured=many[what]["per_s"],
                              yardstick=few[what]["per_s"], unit=unit, cpu_us=many[what].get("cpu_us"))

    def _fill(self, database, orders, limit_s):
        self._world.make_database(database)
        halves = [subprocess.Popen(self._world.start_script(database, "fill_orders.sql", from_n=0, to_n=orders - 1,
                                                            first_half=half)) for half in ("true", "false")]
        deadline = time.monotonic() + limit_s
        try:
            for half in halves:
                if half.wait(max(0.1, deadline - time.monotonic())) != 0:
                    raise processes.BenchError(f"filling {orders} orders failed")
        except subprocess.TimeoutExpired as late:
            raise processes.BenchError(f"filling {orders} orders took more than {limit_s:.0f} s") from late
        finally:
            for half in halves:
                if half.poll() is None:
                    half.kill()

    def _measure_growth(self, database, count):
        say(f"orders, lists, resumes with {count} orders")
        daemon = self._world.start_daemon(database)
        orders = self._loads.orders(database, 64)
        orders["per_s"] = orders["confirmed_per_s"]
        self._world.quiet_down()
        lists = self._loads.calls(daemon.address, "list", LISTS_IN_FLIGHT)
        resumes = processes.run_json([str(BUILD / "stream_load"), "resume", "--address", daemon.address, "--products",
                                      str(PRODUCTS), "--seed", self._loads.seed()], 120)
        return {"orders": orders, "lists": lists, "resumes": resumes}

    # ---- streams, footprint

    def streams(self):
        scale = self._loads.scale
        self._world.stop_daemon()
        self._world.drop_database("streams")
        daemon = self._world.start_daemon("streams")
        self._world.quiet_down()
        say(f"{scale.readers} readers, 1,000 changes a second")
        meter = self._world.meter()
        run = processes.run_json([str(BUILD / "stream_load"), "updates", "--address", daemon.address, "--database-url",
                                  daemon.database_url, "--pid", str(daemon.pid), "--readers", str(scale.readers),
                                  "--rate", "1000", "--seconds", str(scale.stream_s), "--products", str(PRODUCTS),
                                  "--seed", self._loads.seed()], 240)
        self._results.add("streams", "p99 commit to reader", run["commit_to_reader"]["p99_ms"], unit="ms",
                          cpu_us=per_call(meter.spent_us(), run["changes"], run["client_cpu_us"]))
        self._results.add("streams", "memory a reader", run["kib_per_reader"], unit="KiB")

    def footprint(self):
        say("the idle daemon")
        daemon = self._world.start_daemon("footprint")
        time.sleep(IDLE_S)
        self._results.add("footprint", "memory", processes.memory_kib(daemon.pid) / 1024, unit="MiB")
        self._results.add("footprint", "threads", processes.threads(daemon.pid))
        self._results.add("footprint", "start to ready", daemon.ready_s, unit="s")
        stripped = self._world.folder / "stripped"
        processes.run(["strip", "-o", str(stripped), str(BUILD / "logistics-engine")], 60)
        self._results.add("footprint", "binary", stripped.stat().st_size / 1024**2, unit="MiB")
        stripped.unlink()
