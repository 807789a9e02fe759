"""The line `distant`: a database that is milliseconds away, and two replicas before it."""

import concurrent.futures
import time

from bench.driver.distance import Distance
from bench.driver.processes import BenchError
from bench.driver.scale import EVENTS_A_ORDER
from bench.driver.world import say

DATABASE, PGBENCH = "distant", "distant_pgbench"
ROUND_TRIPS_MS = (2, 20)
IN_FLIGHT = 256  # over all replicas
CLIENTS = 64
PGBENCH_S = 15  # its clients prepare their statements one after the other, a round trip each


class DistantLine:
    def __init__(self, loads, results):
        self._loads = loads
        self._world = loads.world
        self._results = results

    def distant(self):
        for round_trip_ms in ROUND_TRIPS_MS:
            with Distance(self._world.postgres_port, round_trip_ms) as way:
                self._world.stop_daemon()
                for database in (DATABASE, PGBENCH):
                    self._world.drop_database(database)
                self._world.make_database(PGBENCH)
                self._world.script(PGBENCH, "pgbench_setup.sql")
                say(f"pgbench, {CLIENTS} clients, {round_trip_ms} ms away")
                bare = self._loads.pgbench(PGBENCH, "pgbench_order.sql", CLIENTS, seconds=PGBENCH_S,
                                           port=way.port)
                for replicas in (1, 2):
                    self._measure(round_trip_ms, way.port, replicas, bare["per_s"])

    def _measure(self, round_trip_ms, port, replicas, bare_per_s):
        what = f"{round_trip_ms} ms, {replicas} replica{'s' if replicas > 1 else ''}"
        say(f"orders, {IN_FLIGHT} in flight, {what}")
        daemons = self._world.start_replicas(DATABASE, replicas, port)
        self._world.quiet_down()
        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(replicas) as pool:
            runs = list(pool.map(lambda daemon: self._loads.order_load(
                daemon.address, "create", in_flight=IN_FLIGHT // replicas, database=DATABASE), daemons))
        took = time.monotonic() - begun
        orders, queued = sum(run["calls"] for run in runs), self._world.queued()
        if queued < orders * EVENTS_A_ORDER:
            raise BenchError(f"{orders} orders were answered, and the broker's queues hold {queued} events")
        rate = orders / took
        self._results.add("distant", what, rate / bare_per_s, measured=rate, yardstick=bare_per_s, unit="orders/s")
