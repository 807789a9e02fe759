"""Who may include whom, and other rules of the house that a compiler does not know.

Run by ctest and scripts/check; prints every breach as file:line: text. The rules are those of
docs/architecture.md ("The house"); change them there and here together.
"""

import collections
import graphlib
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent

# A folder of src/ or include/logistics/ and the ones of ours that its files may include.
CORE = {"base", "domain", "ports"}
MAY_INCLUDE = {
    "base": {"base"},
    "domain": {"base", "domain"},
    "ports": CORE,
    "commands": CORE | {"commands"},
    "service": CORE | {"service"},
    "storage": CORE | {"commands", "storage"},
    "messaging": CORE | {"messaging"},
    "remote_inventory": CORE | {"remote_inventory"},
    "telemetry": CORE | {"telemetry"},
    "rpc": CORE | {"service", "rpc"},
    "ctl": {"ctl", "base", "domain", "messaging"},
    "app": CORE | {"service", "storage", "messaging", "remote_inventory", "telemetry", "rpc", "app"},
    "main": {"app"},
}
# The rooms of a folder, and which rooms beside itself each may use. Files that lie in the folder itself put the rooms
# together: they may use all of them, and no room uses them.
ROOMS = {
    "messaging": {
        "amqp": set(),
        "events": set(),
        "relay": {"amqp"},
        "dead_letters": {"amqp", "events"},
        "consumer": {"amqp", "events", "dead_letters"},
    },
    "storage": {
        "params": set(),
        "postgres": {"params"},
        "schema": {"postgres"},
        "coordination": {"postgres"},
        "rows": {"params", "postgres"},
        "batch": {"postgres", "rows"},
        "lists": {"postgres", "rows"},
        "stores": {"postgres", "coordination", "rows", "batch", "lists"},
        "outbox": {"postgres", "coordination", "rows"},
    },
    "service": {"streams": set(), "saga": set(), "calls": set()},
    "rpc": {
        "call": set(),
        "streams": {"call"},
        "orders": {"call", "streams"},
        "inventory": {"call", "streams"},
        "admin": {"call"},
        "server": {"call", "streams", "orders", "inventory", "admin"},
    },
    "ctl": {"client": set(), "orders": {"client"}, "inventory": {"client"}, "dead_letters": {"client"}},
    "app": {"settings": set()},
}
FOLDER_FILES_MAX = 26  # sources and headers that lie in one folder
# What tests may take from src/app; tests of app itself take all.
APP_FOR_TESTS = {"app/system_clock.hpp", "app/uuid_v7.hpp"}

# Headers of a library, and the folders (or single files) that own it.
OWNERS = [
    (r"pqxx(/|$)|libpq-fe\.h|libpq/", {"storage"}),
    (r"amqp.*\.h$|rabbitmq-c/", {"messaging"}),
    (r"nlohmann/", {"messaging"}),
    (r"grpc(pp)?/|google/(protobuf|rpc)/|.*\.pb\.h$", {"rpc", "remote_inventory", "ctl"}),
    (r"prometheus/", {"telemetry"}),
    (r"httplib", set()),  # of tests only
    (r"utf8proc", {"domain/identifier.cpp"}),
    (r"yaml-cpp/", {"app/settings/yaml.cpp", "app/settings/queues.cpp"}),
    (r"CLI/", {"app/command_line.cpp", "ctl"}),
    (r"spdlog/|fmt/", {"ports", "service", "storage", "messaging", "remote_inventory", "telemetry", "rpc", "app", "ctl"}),
    # Under TSan Debian's absl::Mutex reports races in correct code: our locks are std::mutex. serve.cpp only tells
    # abseil how gRPC's locks are to behave.
    (r"absl/synchronization/", {"app/serve.cpp"}),
]
# Interfaces are free of every library but abseil: whoever includes them takes on nothing.
INTERFACES = ("include/logistics/",)

LINES_MAX = 300
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')
UNFINISHED = re.compile(r"\b(TODO|FIXME)\b")


def folder_of(path):
    """The row of MAY_INCLUDE that a file belongs to: src/rpc/x.cpp and include/logistics/rpc/x.hpp are both rpc."""
    if path == "src/main.cpp":
        return "main"
    for top in ("src/", "include/logistics/"):
        if path.startswith(top):
            return path[len(top):].split("/")[0]
    return None


def room_of(path):
    """The room of a file, or of a header as it is included: "amqp" of src/messaging/amqp/tls.cpp; "" for the folder's own."""
    parts = re.sub(r"^(src|include/logistics|logistics)/", "", path).split("/")
    return parts[1] if len(parts) > 2 else ""


def room_breach(path, header):
    """Of a header of the same folder."""
    folder, here, there = folder_of(path), room_of(path), room_of(header)
    if here in ("", there):
        return None
    if here not in ROOMS.get(folder, {}):
        return f"{folder}/{here} has no row in ROOMS"
    if there not in ROOMS[folder][here]:
        return f"{folder}/{here} must not include {header}"
    return None


def our_header(header):
    """Ours as folder/file, or None: "logistics/domain/ids.hpp" and "storage/session.hpp" are."""
    name = header[len("logistics/"):] if header.startswith("logistics/") else header
    return name if name.split("/")[0] in MAY_INCLUDE and "/" in name else None


def include_breach(path, header):
    folder = folder_of(path)
    ours = our_header(header)
    if folder is None:
        of_app = path.startswith("tests/unit/app/")
        if ours and ours.startswith("app/") and not of_app and ours not in APP_FOR_TESTS:
            return f"tests take only {', '.join(sorted(APP_FOR_TESTS))} from app, not {header}"
        return None
    if ours:
        if ours.split("/")[0] not in MAY_INCLUDE.get(folder, set()):
            return f"{folder} must not include {header}"
        return room_breach(path, header) if ours.split("/")[0] == folder else None
    for pattern, owners in OWNERS:
        if re.match(pattern, header):
            file_in_folder = path.split("/", 1)[1]
            if path.startswith(INTERFACES) or not {folder, file_in_folder} & owners:
                return f"{header} belongs to {', '.join(sorted(owners))}"
    return None


def breaches(path, text):
    """All breaches of one C++ file as (line, text). `path` is relative to the root, with slashes."""
    found = []
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if match:
            breach = include_breach(path, match.group(1) or match.group(2))
            if breach:
                found.append((number, breach))
        if "absl::Mutex" in line:
            found.append((number, "locks are std::mutex"))
    if path.endswith(".hpp") and "#pragma once" not in lines:
        found.append((1, "#pragma once is missing"))
    if folder_of(path) and len(lines) > LINES_MAX:
        found.append((len(lines), f"{len(lines)} lines; a file has {LINES_MAX} at most"))
    return found


def tracked_text_files():
    # bench and docs are looked at too: nothing unfinished hides there.
    for top in ("src", "include", "tests", "bench", "proto", "scripts", "cmake", "config", "docs", ".ci"):
        yield from (path for path in sorted((ROOT / top).rglob("*")) if path.is_file())
    yield from ROOT.glob("*.md")
    yield ROOT / "CMakeLists.txt"


class Tree(unittest.TestCase):
    def test_no_file_breaks_a_rule(self):
        found = []
        for file in tracked_text_files():
            path = file.relative_to(ROOT).as_posix()
            if path == "tests/include_rules_test.py" or "__pycache__" in path:
                continue
            text = file.read_text(encoding="utf-8")
            if file.suffix in (".cpp", ".hpp"):
                found += [f"{path}:{line}: {breach}" for line, breach in breaches(path, text)]
            for number, line in enumerate(text.splitlines(), 1):
                if UNFINISHED.search(line):
                    found.append(f"{path}:{number}: what is missing goes into the issue, not into the file")
        self.assertEqual(found, [], "\n" + "\n".join(found))

    def test_every_folder_of_ours_has_a_rule(self):
        folders = {p.name for top in ("src", "include/logistics") for p in (ROOT / top).iterdir() if p.is_dir()}
        self.assertEqual(folders - set(MAY_INCLUDE), set())

    def test_rooms_are_those_of_the_table_and_have_no_cycle(self):
        for folder, rooms in ROOMS.items():
            tops = (ROOT / "src" / folder, ROOT / "include/logistics" / folder)
            there = {p.name for top in tops if top.is_dir() for p in top.iterdir() if p.is_dir()}
            self.assertEqual(there, set(rooms), folder)
            graphlib.TopologicalSorter(rooms).prepare()  # raises CycleError

    def test_no_folder_is_too_full(self):
        counts = collections.Counter(
            path.parent.relative_to(ROOT).as_posix()
            for top in ("src", "include")
            for path in (ROOT / top).rglob("*")
            if path.suffix in (".cpp", ".hpp")
        )
        self.assertEqual({f: n for f, n in counts.items() if n > FOLDER_FILES_MAX}, {})


class Rules(unittest.TestCase):
    """The rules themselves: each is seen to catch what it is for."""

    def assert_breach(self, path, text, words):
        self.assertIn(words, "; ".join(breach for _, breach in breaches(path, text)))

    def assert_fine(self, path, text):
        self.assertEqual(breaches(path, text), [])

    def test_arrows_between_folders(self):
        self.assert_breach("src/domain/x.cpp", '#include "logistics/ports/clock.hpp"', "domain must not include")
        self.assert_breach("src/storage/x.cpp", '#include "messaging/options.hpp"', "storage must not include")
        self.assert_breach("src/rpc/x.cpp", '#include "app/serve.hpp"', "rpc must not include")
        self.assert_breach("include/logistics/service/x.hpp", '#pragma once\n#include "storage/session.hpp"', "service must")
        self.assert_fine("src/rpc/x.cpp", '#include "logistics/service/order_service.hpp"')
        self.assert_fine("src/app/x.cpp", '#include "storage/session.hpp"')

    def test_arrows_between_rooms(self):
        self.assert_breach("src/messaging/amqp/x.cpp", '#include "messaging/relay/relay.hpp"', "amqp must not include")
        self.assert_breach("src/storage/rows/x.cpp", '#include "storage/database.hpp"', "rows must not include")
        self.assert_breach("src/service/saga/x.cpp", '#include "logistics/service/streams/x.hpp"', "saga must not include")
        self.assert_breach("src/storage/attic/x.cpp", '#include "storage/rows/x.hpp"', "no row in ROOMS")
        self.assert_fine("src/messaging/relay/x.cpp", '#include "messaging/amqp/connection.hpp"')
        self.assert_fine("src/service/order_service.cpp", '#include "service/streams/token_codec.hpp"')

    def test_tests_take_little_from_app(self):
        self.assert_breach("tests/e2e/x.cpp", '#include "app/settings.hpp"', "tests take only")
        self.assert_fine("tests/e2e/x.cpp", '#include "app/uuid_v7.hpp"')
        self.assert_fine("tests/unit/app/x.cpp", '#include "app/settings.hpp"')

    def test_libraries_stay_with_their_owner(self):
        self.assert_breach("src/service/x.cpp", "#include <pqxx/pqxx>", "belongs to storage")
        self.assert_breach("src/rpc/x.cpp", "#include <amqp_tcp_socket.h>", "belongs to messaging")
        self.assert_breach("src/storage/x.cpp", "#include <nlohmann/json_fwd.hpp>", "belongs to messaging")
        self.assert_breach("src/service/x.cpp", '#include "order.pb.h"', "belongs to ctl, remote_inventory, rpc")
        self.assert_breach("src/app/settings/settings.cpp", "#include <CLI/CLI.hpp>", "belongs to app/command_line.cpp")
        self.assert_breach("include/logistics/ports/x.hpp", "#pragma once\n#include <spdlog/spdlog.h>", "belongs to")
        self.assert_breach("src/domain/x.cpp", "#include <spdlog/spdlog.h>", "belongs to")
        self.assert_fine("src/app/command_line.cpp", "#include <CLI/CLI.hpp>")
        self.assert_fine("src/storage/x.cpp", "#include <pqxx/pqxx>")

    def test_locks_guards_and_length(self):
        self.assert_breach("src/rpc/x.cpp", "absl::Mutex mutex;", "std::mutex")
        self.assert_breach("src/rpc/x.cpp", '#include "absl/synchronization/mutex.h"', "belongs to app/serve.cpp")
        self.assert_breach("src/rpc/x.hpp", "int x;", "#pragma once")
        self.assert_breach("src/rpc/x.cpp", "\n" * (LINES_MAX + 1), "lines")


if __name__ == "__main__":
    sys.exit(unittest.main(verbosity=1))
