"""How scripts/bench judges and shows: no servers needed. The measuring itself is seen by running it."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
sys.dont_write_bytecode = True

from bench.driver import __main__ as driver  # noqa: E402
from bench.driver import loads, processes, results, scale, world  # noqa: E402
from bench.driver import distance, distant_line, message_lines, order_lines, remote_line, traffic_lines  # noqa: E402


class Verdicts(unittest.TestCase):
    def test_a_bound_is_met_by_its_own_value(self):
        more = results.Target(1.2, 2.0)
        self.assertEqual([results.verdict(value, more) for value in (1.19, 1.2, 1.99, 2.0)],
                         ["missed", "reached", "reached", "goal"])

    def test_less_is_better_where_the_target_says_so(self):
        less = results.Target(2, 1.2, results.LESS)
        self.assertEqual([results.verdict(value, less) for value in (2.1, 2, 1.2)], ["missed", "reached", "goal"])

    def test_without_a_bound_a_figure_is_stated(self):
        self.assertEqual(results.verdict(7, results.Target(None, None)), "stated")


class Tables(unittest.TestCase):
    def rows(self, ratios):
        found = results.Results()
        for ratio in ratios:
            found.add("orders", "64 in flight", ratio, measured=ratio * 1000, yardstick=1000, unit="orders/s",
                      cpu_us={"daemon": 100 * ratio})
        return found.lines()

    def test_a_line_has_the_median_of_its_rounds_with_least_and_greatest(self):
        (row,) = self.rows([1.0, 3.0, 1.5])
        self.assertEqual((row["median"], row["min"], row["max"]), (1.5, 1.0, 3.0))
        self.assertEqual(row["measured"], {"median": 1500, "min": 1000, "max": 3000})
        self.assertEqual(row["verdict"], "reached")
        self.assertEqual(row["cpu_us"], {"daemon": 150})

    def test_the_verdict_is_the_medians_own(self):
        self.assertEqual(self.rows([0.5, 0.6, 9.0])[0]["verdict"], "missed")

    def test_a_measurement_without_a_target_is_a_mistake(self):
        with self.assertRaises(KeyError):
            results.Results().add("orders", "65 in flight", 1.0)

    def test_people_see_each_figure_and_machines_can_read_it(self):
        rows = self.rows([1.0, 3.0, 1.5])
        shown = results.table(rows).splitlines()
        self.assertEqual(len(shown), 3)
        self.assertEqual(len({len(line) for line in shown}), 1, "columns are in line")
        for text in ("orders", "64 in flight", "1.50", "1.00–3.00", "1500 orders/s", "1000 orders/s", "≥ 1.2",
                     "≥ 2", "reached", "daemon 150"):
            self.assertIn(text, shown[2])
        json.dumps(rows)

    def test_runs_are_shown_together_as_rounds_of_one(self):
        stored = [json.loads(json.dumps({"lines": self.rows(ratios)})) for ratios in ([1.0], [2.5, 1.5])]
        (row,) = results.together(stored)
        self.assertEqual((row["rounds"], row["median"], row["min"], row["max"]), (3, 1.5, 1.0, 2.5))
        self.assertEqual(row["yardstick"]["median"], 1000)

    def test_numbers_have_three_digits_that_count(self):
        self.assertEqual([results.number(value) for value in (0, 71, 0.123, 1.234, 12.34, 123.4, 12345.6)],
                         ["0", "71", "0.12", "1.23", "12.3", "123", "12346"])


class Arguments(unittest.TestCase):
    def test_each_line_has_somebody_who_measures_it(self):
        self.assertEqual(results.LINES, ("orders", "hot", "floor", "solo", "reads", "relay", "payments", "remote",
                                         "distant", "mixed", "growth", "streams", "footprint"))
        owners = (order_lines.OrderLines, message_lines.MessageLines, remote_line.RemoteLine,
                  distant_line.DistantLine, traffic_lines.TrafficLines)
        for line in results.LINES:
            self.assertEqual(sum(hasattr(owner, line) for owner in owners), 1, line)

    def test_scales(self):
        self.assertIs(driver.parse([]).scale, scale.FULL)
        self.assertEqual(driver.parse(["--quick"]).rounds, 1)
        self.assertEqual(driver.parse(["--large", "--rounds", "2"]).rounds, 2)
        self.assertEqual(driver.parse(["--only", "hot, relay"]).only, ["hot", "relay"])

    def test_a_mistake_is_refused_before_anything_starts(self):
        for wrong in (["--only", "speed"], ["--rounds", "0"], ["--seed", "-1"], ["--quick", "--large"]):
            ran = subprocess.run([ROOT / "scripts/bench", *wrong], capture_output=True, text=True, check=False)
            self.assertEqual(ran.returncode, 2, wrong)
            self.assertIn("usage: scripts/bench", ran.stderr)
            self.assertEqual(ran.stdout, "")

    def test_too_little_disk_is_refused(self):
        with self.assertRaisesRegex(processes.BenchError, "too little disk"):
            world.require_disk("/", 1_000_000)


class Processes(unittest.TestCase):
    def test_a_program_that_fails_says_why(self):
        with self.assertRaisesRegex(processes.BenchError, r"sh failed \(3\): no queue"):
            processes.run(["sh", "-c", "echo no queue >&2; exit 3"], 20)

    def test_a_program_that_hangs_is_ended(self):
        with self.assertRaisesRegex(processes.BenchError, "still running"):
            processes.run(["sleep", "60"], 0.1)

    def test_a_missing_program_is_named(self):
        with self.assertRaisesRegex(processes.BenchError, "build/none is missing"):
            processes.run(["build/none"], 1)

    def test_cpu_of_children_that_ended_counts(self):
        before = processes.family_cpu_us(os.getpid())
        ended = processes.run(["sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done"], 60)
        self.assertGreater(ended.cpu_us, 0)
        self.assertGreaterEqual(processes.family_cpu_us(os.getpid()) - before, ended.cpu_us // 2)

    def test_cpu_is_shown_for_each_call_and_not_of_the_idle(self):
        self.assertEqual(loads.per_call({"daemon": 5_000, "echo": 3}, 100, 2_000), {"daemon": 50, "client": 20})


class Distances(unittest.TestCase):
    def setUp(self):
        self.server = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.server.close)

    def test_a_question_and_its_answer_take_the_round_trip(self):
        with distance.Distance(self.server.getsockname()[1], 60) as way, \
                socket.create_connection(("127.0.0.1", way.port)) as client:
            client.settimeout(20)
            far, _ = self.server.accept()
            with far:
                begun = time.monotonic()
                client.sendall(b"?")
                far.sendall(far.recv(1))
                self.assertEqual(client.recv(1), b"?")
                self.assertGreaterEqual(time.monotonic() - begun, 0.06)

    def test_what_is_under_way_does_not_wait_for_what_went_before(self):
        with distance.Distance(self.server.getsockname()[1], 2_000) as way, \
                socket.create_connection(("127.0.0.1", way.port)) as client:
            far, _ = self.server.accept()
            with far:
                begun = time.monotonic()
                for _ in range(20):
                    client.sendall(b"x")
                    time.sleep(0.01)
                self.assertEqual(len(far.recv(20, socket.MSG_WAITALL)), 20)
                self.assertLess(time.monotonic() - begun, 10, "a second each would be twenty")

    def test_the_end_of_one_side_is_the_end_of_the_other(self):
        with distance.Distance(self.server.getsockname()[1], 2) as way:
            client = socket.create_connection(("127.0.0.1", way.port))
            far, _ = self.server.accept()
            client.close()
            far.settimeout(20)
            self.assertEqual(far.recv(1), b"")
            far.close()


class Rounds(unittest.TestCase):
    def test_no_round_begins_that_would_not_end_in_time(self):
        self.assertEqual(list(driver.Clock(minutes=0).rounds(3, "orders")), [1])
        self.assertEqual(list(driver.Clock(minutes=1).rounds(3, "orders")), [1, 2, 3])


if __name__ == "__main__":
    unittest.main(verbosity=0)
