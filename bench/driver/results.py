"""What was measured, judged and shown."""

import dataclasses
import statistics

# Per line and measurement: what has to be reached, what is wished for, and whether more or less is better.
MORE, LESS = "more", "less"


@dataclasses.dataclass(frozen=True)
class Target:
    reach: float | None
    goal: float | None
    better: str = MORE


TARGETS = {
    ("orders", "64 in flight"): Target(1.2, 2.0),
    ("orders", "256 in flight"): Target(1.5, 2.0),
    ("hot", "64 in flight, of orders"): Target(0.95, 1.0),
    ("hot", "256 in flight, of orders"): Target(0.95, 1.0),
    ("hot", "64 in flight, of pgbench"): Target(4, 6),
    ("hot", "256 in flight, of pgbench"): Target(4, 6),
    ("floor", "64 in flight"): Target(0.6, 0.85),
    ("floor", "256 in flight"): Target(0.6, 0.85),
    ("solo", "p50"): Target(2, 1.2, LESS),
    ("reads", "64 in flight"): Target(0.5, 0.8),
    ("relay", "drain"): Target(0.9, 0.95),
    ("payments", "inbox, effect, event"): Target(0.3, 0.6),
    ("remote", "64 in flight"): Target(0.8, 0.9),
    ("distant", "2 ms, 1 replica"): Target(None, None),
    ("distant", "2 ms, 2 replicas"): Target(None, None),
    ("distant", "20 ms, 1 replica"): Target(None, None),
    ("distant", "20 ms, 2 replicas"): Target(None, None),
    ("mixed", "errors"): Target(0, 0, LESS),
    ("mixed", "p99 of all"): Target(None, None, LESS),
    ("mixed", "p99 create"): Target(None, None, LESS),
    ("mixed", "p99 get"): Target(None, None, LESS),
    ("mixed", "p99 list"): Target(None, None, LESS),
    ("mixed", "p99 status"): Target(None, None, LESS),
    ("growth", "orders"): Target(0.9, 0.95),
    ("growth", "lists"): Target(0.9, 0.95),
    ("growth", "resumes"): Target(0.9, 0.95),
    ("streams", "p99 commit to reader"): Target(None, None, LESS),
    ("streams", "memory a reader"): Target(24, 24, LESS),
    ("footprint", "memory"): Target(40, 40, LESS),
    ("footprint", "threads"): Target(60, 60, LESS),
    ("footprint", "start to ready"): Target(0.5, 0.5, LESS),
    ("footprint", "binary"): Target(None, None, LESS),
}
LINES = tuple(dict.fromkeys(line for line, _ in TARGETS))


def spread(values):
    """Median, least and greatest."""
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def verdict(value, target):
    """Judges a median: "goal", "reached" or "missed"; "stated" where nothing is asked."""
    if target.reach is None:
        return "stated"

    def meets(bound):
        return value >= bound if target.better == MORE else value <= bound

    return "goal" if meets(target.goal) else "reached" if meets(target.reach) else "missed"


class Results:
    """Samples of all rounds, in the order of TARGETS."""

    def __init__(self):
        self._samples = {}

    def add(self, line, what, value, *, measured=None, yardstick=None, unit="", cpu_us=None, yardstick_cpu_us=None):
        """One round's figure: a ratio when there is a yardstick (`measured` and `yardstick` in `unit`), else a value in
        `unit`. `cpu_us`: CPU per order (or message, call) by process, and that of the yardstick."""
        if (line, what) not in TARGETS:
            raise KeyError(f"{line}, {what} has no target")
        self._samples.setdefault((line, what), []).append(
            {"value": value, "measured": measured, "yardstick": yardstick, "unit": unit, "cpu_us": cpu_us,
             "yardstick_cpu_us": yardstick_cpu_us})

    def of(self, line, what, field="value"):
        return [sample[field] for sample in self._samples[line, what]]

    def lines(self):
        found = []
        for (line, what), target in TARGETS.items():
            samples = self._samples.get((line, what))
            if not samples:
                continue
            ratio = samples[0]["yardstick"] is not None
            row = {"line": line, "what": what, "ratio": ratio, "unit": samples[0]["unit"], "rounds": len(samples),
                   **spread([sample["value"] for sample in samples]), "reach": target.reach, "goal": target.goal,
                   "better": target.better}
            row["verdict"] = verdict(row["median"], target)
            if ratio:
                for field in ("measured", "yardstick"):
                    row[field] = spread([sample[field] for sample in samples])
            cpu = [sample["cpu_us"] for sample in samples if sample["cpu_us"]]
            row["cpu_us"] = {name: statistics.median(one[name] for one in cpu) for name in cpu[0]} if cpu else None
            row["samples"] = samples
            found.append(row)
        return found


def together(reports):
    """The rows of several runs, as if their rounds were of one."""
    found = Results()
    for report in reports:
        for row in report["lines"]:
            for sample in row["samples"]:
                found.add(row["line"], row["what"], **sample)
    return found.lines()


def number(value):
    """Three significant digits, without an exponent; of what was counted, all."""
    if value == 0 or isinstance(value, int):
        return str(int(value))
    digits = max(0, 2 - len(str(int(abs(value)))) + 1) if abs(value) >= 1 else 2
    return f"{value:.{digits}f}"


def _bound(row, name):
    if row[name] is None:
        return "–"
    sign = "≥" if row["better"] == MORE else "≤"
    return f"{sign} {row[name]:g}"


HEAD = ("line", "measurement", "ratio or value", "min–max", "measured", "yardstick", "reach", "goal", "verdict",
        "CPU in µs by process")


def table(rows):
    """For people: columns are as wide as what they hold, and Markdown takes them as a table."""
    cells = [HEAD]
    for row in rows:
        unit = row["unit"]
        cells.append((
            row["line"], row["what"], number(row["median"]) + ("" if row["ratio"] or not unit else f" {unit}"),
            f"{number(row['min'])}–{number(row['max'])}" if row["rounds"] > 1 else "one round",
            f"{number(row['measured']['median'])} {unit}" if row["ratio"] else "",
            f"{number(row['yardstick']['median'])} {unit}" if row["ratio"] else "",
            _bound(row, "reach"), _bound(row, "goal"), row["verdict"],
            ", ".join(f"{name} {value:.0f}" for name, value in (row["cpu_us"] or {}).items())))
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEAD))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)
