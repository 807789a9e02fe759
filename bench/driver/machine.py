"""On what was measured: for the record."""

import os
import pathlib
import platform
import re
import subprocess


def _first(command, pattern=r"(.*)"):
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(pattern, said.stdout + said.stderr)
    return found[1].strip() if found else ""


def describe():
    """With the load before anything was started."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return {"cpu": cpu[1] if cpu else platform.machine(), "cores": len(os.sched_getaffinity(0)),
            "memory_gib": round(int(memory[1]) / 1024**2, 1), "kernel": platform.release(),
            "load": round(os.getloadavg()[0], 2),
            "system": _first(["sh", "-c", ". /etc/os-release; echo $PRETTY_NAME"])}


def versions(postgres):
    return {"commit": _first(["git", "describe", "--always", "--dirty"]), "postgres": postgres,
            "rabbitmq": _first(["dpkg-query", "-W", "-f", "${Version}", "rabbitmq-server"]),
            "grpc": _first(["dpkg-query", "-W", "-f", "${Version}", "libgrpc++-dev"]),
            "compiler": _first(["c++", "--version"])}
