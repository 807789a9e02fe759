"""scripts/bench without the building: measures, prints the table, writes the JSON."""

import argparse
import datetime
import json
import pathlib
import random
import sys
import time

from bench.driver import machine, results, scale, world
from bench.driver.distant_line import DistantLine
from bench.driver.loads import Loads
from bench.driver.message_lines import MessageLines
from bench.driver.order_lines import OrderLines
from bench.driver.processes import BenchError
from bench.driver.remote_line import RemoteLine
from bench.driver.traffic_lines import TrafficLines

INTERLEAVED = ("orders", "hot", "floor", "solo", "reads")
SEED_MAX = 1_000_000
# Those that have many samples in one round, or take long.
ROUNDS_MAX = {"distant": 1, "streams": 1}


def parse(arguments):
    parser = argparse.ArgumentParser(prog="scripts/bench", description=(
        "Measures the daemon beside yardsticks of the same run, each line a ratio. bench/README.md says how to read "
        "them."))
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_const", const=scale.QUICK, dest="scale", help="under 3 minutes, rough")
    size.add_argument("--large", action="store_const", const=scale.LARGE, dest="scale",
                      help="5 million events, 10 million orders: under an hour")
    parser.add_argument("--only", metavar="LINE[,LINE]", default=",".join(results.LINES),
                        help="some of " + ", ".join(results.LINES))
    parser.add_argument("--rounds", type=int, help="instead of 3, or 1 with --quick and --large")
    parser.add_argument("--seed", type=int, help="of what is random; printed, so that a run can be repeated")
    parser.add_argument("--json", metavar="FILE", help="instead of one in bench/results")
    parser.add_argument("--dir", metavar="DIR", default=str(world.ROOT / ".stack/bench"), help="for servers and logs")
    parser.add_argument("--show", metavar="FILE", nargs="+", help="measure nothing: print what runs stored, together")
    parser.add_argument("--no-build", action="store_true", help="take the release build as it is")
    parser.add_argument("--print-dir", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.scale = options.scale or scale.FULL
    options.only = [line.strip() for line in options.only.split(",")]
    if unknown := set(options.only) - set(results.LINES):
        parser.error(f"--only knows no {', '.join(sorted(unknown))}; there are {', '.join(results.LINES)}")
    options.rounds = options.scale.rounds if options.rounds is None else options.rounds
    if not 1 <= options.rounds <= 20:
        parser.error("--rounds takes 1 to 20")
    options.seed = random.randrange(SEED_MAX) if options.seed is None else options.seed
    if not 0 <= options.seed <= SEED_MAX:
        parser.error(f"--seed takes 0 to {SEED_MAX}")
    options.dir = str(pathlib.Path(options.dir).resolve())
    return options


class Clock:
    """Whether another round would still end in time, if it took as long as the last."""

    def __init__(self, minutes):
        self._end = time.monotonic() + minutes * 60

    def rounds(self, wanted, name):
        longest = 0
        for number in range(1, wanted + 1):
            begun = time.monotonic()
            if number > 1 and begun + longest > self._end:
                world.say(f"{name}: no time for round {number} of {wanted}")
                return
            print(f"-- {name}: round {number} of {wanted}", file=sys.stderr, flush=True)
            yield number
            longest = max(longest, time.monotonic() - begun)


def measure(options, servers, found):
    """All lines, into `found`; what Postgres and the broker are set to."""
    loads = Loads(servers, options.scale, options.seed * 1_000)
    clock = Clock(options.scale.minutes)
    chosen = [line for line in results.LINES if line in options.only]
    settings = None
    if interleaved := [line for line in chosen if line in INTERLEAVED]:
        lines = OrderLines(loads, found)
        for _ in clock.rounds(options.rounds, ", ".join(interleaved)):
            settings = lines.begin_round()
            for line in interleaved:
                getattr(lines, line)()
    remote = RemoteLine(loads, found)
    owners = (MessageLines(loads, found), remote, DistantLine(loads, found), TrafficLines(loads, found))
    for line in sorted(set(chosen) - set(INTERLEAVED), key=lambda name: (name == "growth", chosen.index(name))):
        owner = next(one for one in owners if hasattr(one, line))
        for _ in clock.rounds(min(options.rounds, ROUNDS_MAX.get(line, options.rounds)), line):
            getattr(owner, line)()
        if owner is remote:
            remote.close()
    if settings is None:
        servers.start_daemon("settings")
        settings = loads.assert_settings("settings")
    return settings


def main(arguments):
    options = parse(arguments)
    if options.print_dir:
        print(options.dir)
        return 0
    if options.show:
        print(results.table(results.together(json.loads(pathlib.Path(path).read_text()) for path in options.show)))
        return 0
    date = datetime.datetime.now().astimezone()
    on = machine.describe()
    if on["load"] > 0.5:
        world.say(f"the machine is busy (load {on['load']}): what else runs shows in the figures")
    servers, found = world.World(options.dir), results.Results()
    begun = time.monotonic()
    try:
        # Where scripts/stack may put the servers' data.
        for folder in ("/var/tmp", world.ROOT):
            world.require_disk(folder, options.scale.disk_gib)
        servers.up()
        settings = measure(options, servers, found)
        postgres = servers.sql("postgres", "SHOW server_version")
    except BenchError as error:
        print(results.table(found.lines()))
        print(f"scripts/bench: {error}", file=sys.stderr)
        return 1
    finally:
        servers.close()
    report = {"date": date.isoformat(timespec="seconds"), "scale": options.scale.name, "seed": options.seed,
              "seconds": round(time.monotonic() - begun), "machine": on,
              "versions": machine.versions(postgres), "settings": settings, "lines": found.lines()}
    path = pathlib.Path(options.json) if options.json else (
        world.ROOT / "bench/results" / f"{date:%Y-%m-%d-%H%M}-{options.scale.name}.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    print(f"{report['date']}, {on['cpu']}, {on['cores']} cores, {on['memory_gib']} GiB, load {on['load']}; "
          f"seed {options.seed}, {report['scale']}, {report['seconds']} s; {path}")
    print(results.table(report["lines"]))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
