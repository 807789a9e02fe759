"""The line `remote`: another inventory service keeps the stock."""

import time

from bench.driver import processes
from bench.driver.loads import per_call
from bench.driver.world import say

# So that an order is a reserve and a commit there, as the calls that it is compared with.
SETTINGS = "inventory:\n  commit_on: created\n"


class RemoteLine:
    def __init__(self, loads, results):
        self._loads = loads
        self._world = loads.world
        self._results = results
        self._peer = None

    def remote(self):
        if self._peer is None:
            self._peer = self._world.start_peer("peer")
        say("reserve and commit, called directly, 64 in flight")
        self._world.stop_daemon()
        bare = self._loads.calls(self._peer, "reserve", 64)
        say("orders with the stock at another service, 64 in flight")
        daemon = self._world.start_daemon("remote", f"http://{self._peer}", SETTINGS)
        self._world.quiet_down()
        meter = self._world.meter()
        mine = self._loads.order_load(daemon.address, "create", in_flight=64, database="remote")
        answered = time.monotonic()
        processes.wait_until(120, "committing the reservations", lambda: self._world.sql(
            "remote", "SELECT count(*) FROM settlements") == "0")
        rate = mine["calls"] / (max(mine["seconds"], mine["confirmed_seconds"]) + time.monotonic() - answered)
        self._results.add("remote", "64 in flight", rate / bare["per_s"], measured=rate, yardstick=bare["per_s"],
                          unit="orders/s", cpu_us=per_call(meter.spent_us(), mine["calls"], mine["client_cpu_us"]),
                          yardstick_cpu_us=bare["cpu_us"])

    def close(self):
        self._world.stop_daemon()
        self._world.stop_peer()
