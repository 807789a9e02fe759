"""The lines about messages: relay, payments."""

import time

from bench.driver import processes
from bench.driver.loads import per_call
from bench.driver.processes import BenchError
from bench.driver.scale import WINDOW
from bench.driver.world import BUILD, PAYMENTS_QUEUE, say

# Above that many events the queues keep the newest only: a broker's disk is not what is measured.
UNBOUNDED_EVENTS_MAX = 500_000


class MessageLines:
    def __init__(self, loads, results):
        self._loads = loads
        self._world = loads.world
        self._results = results

    def relay(self):
        events = self._loads.scale.backlog_events
        if events > UNBOUNDED_EVENTS_MAX:
            self._world.broker("PUT", "/api/policies/%2f/bench", {
                "pattern": "^bench_", "apply-to": "queues",
                "definition": {"max-length": 10_000, "overflow": "drop-head"}})
        if self._world.daemon is None:
            self._world.start_daemon("relay")  # declares the queues
        self._world.stop_daemon()
        self._world.make_database("relay")
        say(f"bare publisher, {events} events")
        bare = self._loads.publish(events, WINDOW)
        say(f"the relay, {events} waiting events")
        self._world.script("relay", "backlog.sql", 120 + events / 5_000, events=events)
        rate, cpu_us = self._drain(events)
        if events > UNBOUNDED_EVENTS_MAX:
            self._world.broker("DELETE", "/api/policies/%2f/bench")
        elif (queued := self._world.queued()) != events:
            raise BenchError(f"{events} events were waiting, and the queues hold {queued}")
        self._results.add("relay", "drain", rate / bare["per_s"], measured=rate, yardstick=bare["per_s"],
                          unit="events/s", cpu_us=cpu_us, yardstick_cpu_us=bare["cpu_us"])

    def _drain(self, events):
        """Events a second from the first confirm seen to the last, and CPU per event."""
        self._world.quiet_down()
        daemon = self._world.start_daemon("relay")
        meter = self._world.meter()
        limit_s, first = 60 + events / 1_000, None
        begun = time.monotonic()
        while (confirmed := daemon.confirmed_events()) < events:
            now = time.monotonic()
            if first is None and confirmed > 0:
                first = now, confirmed
                meter = self._world.meter()
            if now - begun > limit_s:
                raise BenchError(f"the relay has published {confirmed} of {events} events after {limit_s:.0f} s")
            time.sleep(0.05)
        if first is None:
            raise BenchError("the relay was done before it was looked at: the backlog is too small")
        rate = (confirmed - first[1]) / (time.monotonic() - first[0])
        cpu_us = per_call(meter.spent_us(), confirmed - first[1], 0)
        processes.wait_until(30, "emptying the outbox", lambda: self._world.sql(
            "relay", "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM outbox_quarantine)") == "0")
        return rate, cpu_us

    def payments(self):
        """Both take the same messages from the same quorum queue, one after the other: nobody reads it while it is
        filled."""
        count = self._loads.scale.payments
        self._world.stop_daemon()
        self._world.drop_database("payments")
        self._world.start_daemon("payments")
        say(f"payments of {count} orders, a bare consumer takes them")
        processes.run_json([str(BUILD / "order_load"), "--address", self._world.daemon.address, "--kind", "create",
                            "--calls", str(count), "--seconds", "120", "--seed", self._loads.seed(), "--database-url",
                            self._world.url("payments")], 240)
        self._world.stop_daemon()
        self._world.quiet_down()
        self._payment_load("publish", count)
        meter = self._world.meter()
        bare = self._payment_load("take", count)
        bare_cpu = per_call(meter.spent_us(), count, bare["client_cpu_us"])
        say("the daemon takes them")
        self._payment_load("publish", count)
        self._world.quiet_down()
        self._world.start_daemon("payments")
        meter = self._world.meter()
        mine = self._payment_load("await", count)
        if mine["messages"] != count:
            raise BenchError(f"{count} payments were published, and {mine['messages']} have had their effect")
        self._results.add("payments", "inbox, effect, event", mine["per_s"] / bare["per_s"], measured=mine["per_s"],
                          yardstick=bare["per_s"], unit="messages/s",
                          cpu_us=per_call(meter.spent_us(), count, 0), yardstick_cpu_us=bare_cpu)

    def _payment_load(self, command, count):
        return processes.run_json([str(BUILD / "payment_load"), command, "--amqp-url", self._world.amqp_url,
                                   "--database-url", self._world.url("payments"), "--queue", PAYMENTS_QUEUE,
                                   "--messages", str(count)], 180)
