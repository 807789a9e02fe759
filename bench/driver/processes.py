"""Processes: their CPU time from /proc, and programs that run to their end with a limit in time."""

import dataclasses
import json
import os
import pathlib
import resource
import subprocess
import time

TICK_US = 1_000_000 // os.sysconf("SC_CLK_TCK")


class BenchError(Exception):
    """The measurement cannot go on; the text says why, for people."""


def _stat(pid):
    """The fields of /proc/PID/stat behind the name (which may hold blanks), or None when the process is gone."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return text[text.rindex(")") + 2:].split()


def start_of(pid):
    """With the pid it names one process for ever, as scripts/lib/process.sh has it."""
    fields = _stat(pid)
    return None if fields is None or fields[0] == "Z" else fields[19]


def cpu_us(pid):
    """User and system time of one process."""
    fields = _stat(pid)
    return 0 if fields is None else (int(fields[11]) + int(fields[12])) * TICK_US


def family_cpu_us(pid):
    """Of a process with all its children, those included that have ended and were waited for."""
    fields = _stat(pid)
    if fields is None:
        return 0
    total = sum(int(field) for field in fields[11:15]) * TICK_US
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            child = _stat(entry)
            if child is not None and child[1] == str(pid):
                total += (int(child[11]) + int(child[12])) * TICK_US
    return total


def memory_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    raise BenchError(f"process {pid} is gone")


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


class Meter:
    """CPU of servers between two readings. `servers` gives for a name the function that reads it."""

    def __init__(self, servers):
        self._servers = servers
        self._begin = self._read()

    def _read(self):
        return {name: read() for name, read in self._servers.items()}

    def spent_us(self):
        now = self._read()
        return {name: now[name] - self._begin[name] for name in now}


@dataclasses.dataclass(frozen=True)
class Ended:
    out: str
    cpu_us: int


def _children_cpu_us():
    """Of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return int((used.ru_utime + used.ru_stime) * 1_000_000)


def run(arguments, limit_s):
    """Runs a program to its end. Raises BenchError with the end of its output when it fails or takes too long."""
    name = pathlib.Path(arguments[0]).name
    before = _children_cpu_us()
    try:
        ended = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit_s,
                               check=False)
    except FileNotFoundError as error:
        raise BenchError(f"{arguments[0]} is missing: run scripts/install-deps, or scripts/bench without --no-build"
                         ) from error
    except subprocess.TimeoutExpired as late:
        raise BenchError(f"{name} was still running after {limit_s:.0f} s") from late
    if ended.returncode != 0:
        raise BenchError(f"{name} failed ({ended.returncode}): {(ended.stderr or ended.stdout).strip()[-2000:]}")
    return Ended(ended.stdout, _children_cpu_us() - before)


def run_json(arguments, limit_s):
    """Of a program that prints one line of JSON: what it says, and its CPU time in `client_cpu_us`."""
    ended = run(arguments, limit_s)
    result = json.loads(ended.out)
    result["client_cpu_us"] = ended.cpu_us
    return result


def wait_until(limit_s, what, ready):
    deadline = time.monotonic() + limit_s
    while not ready():
        if time.monotonic() > deadline:
            raise BenchError(f"{what} took more than {limit_s} s")
        time.sleep(0.02)
