"""The benchmark's SQL against the schema as it is: it must write the rows that the daemon writes, or ratios are wrong.

usage: bench_sql_test.py LOGISTICS_ENGINE, with LOGISTICS_TEST_DATABASE_URL set
"""

import os
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.dont_write_bytecode = True

from bench.driver import world  # noqa: E402

DATABASE = f"bench_sql_{os.getpid()}"
TABLES = ("orders", "order_items", "reservations", "order_status_history", "stock_movements", "outbox", "commits")


class BenchSql(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world.World("/nonexistent", os.environ["LOGISTICS_TEST_DATABASE_URL"].rsplit("/", 1)[0])
        cls.addClassCleanup(cls.world.drop_database, DATABASE)
        cls.world.make_database(DATABASE)
        cls.world.script(DATABASE, "pgbench_setup.sql")

    def counts(self):
        counts = self.world.sql(DATABASE, "SELECT " + ", ".join(f"(SELECT count(*) FROM {name})" for name in TABLES))
        return [int(count) for count in counts.split("|")]

    def assert_adds(self, wanted, add):
        before = self.counts()
        add()
        added = {name: now - was for name, now, was in zip(TABLES, self.counts(), before)}
        self.assertEqual(added, dict(zip(TABLES, wanted)))

    def pgbench(self, script, run, products):
        self.world.pgbench(DATABASE, ["-n", "-M", "prepared", "-c", "2", "-t", "8", "-D", f"products={products}", "-D",
                                      f"run={run}", "-D", "n=0", "-f", str(world.SQL / script)], 60)

    def test_pgbench_writes_the_rows_of_an_order(self):
        reserved = "SELECT sum(reserved) FROM stock_levels"
        for run, script in enumerate(("pgbench_order.sql", "pgbench_order_statements.sql")):
            before = int(self.world.sql(DATABASE, reserved))
            self.assert_adds((16, 32, 16, 16, 32, 16, 0), lambda: self.pgbench(script, run + 1, 1_000))
            self.assertEqual(int(self.world.sql(DATABASE, reserved)) - before, 32, script)
            # Lines of one product are one movement.
            self.assert_adds((16, 32, 16, 16, 16, 16, 0), lambda: self.pgbench(script, run + 3, 1))

    def test_a_batch_writes_the_rows_of_64_orders(self):
        self.assert_adds((1024, 2048, 1024, 1024, 2048, 16, 16), lambda: self.pgbench("pgbench_batch.sql", 5, 1_000))

    def test_a_backlog_is_events_that_the_daemon_can_read(self):
        self.world.sql(DATABASE, "TRUNCATE outbox")
        self.assert_adds((0, 0, 0, 0, 0, 3, 3), lambda: self.world.script(DATABASE, "backlog.sql", events=96))
        said = self.world.sql(DATABASE, "SELECT count(*), count(DISTINCT message_id), count(DISTINCT order_id), "
                              "count(DISTINCT (batch_id, ordinal)), count(body::json) FROM outbox_events")
        self.assertEqual(said, "96|96|48|96|96")
        self.assertEqual(
            self.world.sql(DATABASE, "SELECT value = (SELECT max(number) FROM commits) FROM change_counter"), "t")

    def test_pgbench_writes_as_many_bytes_of_events(self):
        self.world.script(DATABASE, "backlog.sql", events=32)
        order, part = map(int, self.world.sql(
            DATABASE, "SELECT octet_length(events) / 16, octet_length(bench_part(1)) "
            "FROM outbox JOIN commits USING (batch_id) ORDER BY number DESC LIMIT 1").split("|"))
        self.assertAlmostEqual(part / order, 1, delta=0.05)

    def test_filling_makes_orders_of_two_items(self):
        for half in ("true", "false"):
            self.world.script(DATABASE, "fill_orders.sql", from_n=0, to_n=99, first_half=half)
        self.assertEqual(self.world.sql(
            DATABASE, "SELECT count(*), count(DISTINCT o.id) FROM orders o JOIN order_items i ON i.order_id = o.id "
            "JOIN order_status_history h ON h.order_id = o.id JOIN commits c ON c.batch_id = h.batch_id "
            "JOIN reservations r ON r.id = o.id WHERE o.status = 'delivered'"), "200|100")


if __name__ == "__main__":
    world.BUILD = pathlib.Path(sys.argv.pop(1)).parent
    unittest.main(verbosity=0)
