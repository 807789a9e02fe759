"""How much is measured: --quick, the full run, --large."""

import dataclasses

GIB = 1024**3


@dataclasses.dataclass(frozen=True)
class Scale:
    name: str
    rounds: int
    minutes: float  # no further round begins when it would end later; one round of each line always runs
    disk_gib: int  # free, before anything starts
    load_s: int  # one measurement of the daemon, or of a bare server
    pgbench_s: int  # one of pgbench's
    backlog_events: int
    publish_messages: int  # of the bare publisher, for the floor
    payments: int
    few_orders: int  # what `growth` compares ...
    many_orders: int  # ... with
    fill_minutes: float
    readers: int
    stream_s: int


QUICK = Scale("quick", 1, 3, 3, 2, 2, 20_000, 10_000, 2_000, 10_000, 50_000, 1, 1_000, 3)
FULL = Scale("full", 3, 14, 10, 3, 3, 200_000, 40_000, 10_000, 10_000, 1_000_000, 5, 10_000, 10)
LARGE = Scale("large", 1, 60, 40, 4, 4, 5_000_000, 40_000, 10_000, 10_000, 10_000_000, 30, 10_000, 10)

PRODUCTS = 1_000
ITEMS = 2
EVENTS_A_ORDER = 2
PGBENCH_CLIENTS = (8, 32, 64)
WINDOW = 1_000  # outbox.window, the relay's default
BATCH_ORDERS = 64  # of bench/sql/pgbench_batch.sql
