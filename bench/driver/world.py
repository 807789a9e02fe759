"""The servers, databases and daemons that are measured. scripts/bench takes down what is left when this ends."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request

from bench.driver import processes
from bench.driver.daemon import Daemon
from bench.driver.processes import BenchError, Meter
from bench.driver.scale import GIB, PRODUCTS

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build/release"
SQL = ROOT / "bench/sql"
QUEUES = ("bench_orders", "bench_inventory")
PAYMENTS_QUEUE = "logistics_payments"
TOPOLOGY = """topology:
  queues:
    - {name: bench_orders, exchange: order_events, routing_keys: ["order.#"]}
    - {name: bench_inventory, exchange: inventory_events, routing_keys: ["inventory.#"]}
"""


def say(text):
    print(f"   {text}", file=sys.stderr, flush=True)


def require_disk(folder, gib):
    free = shutil.disk_usage(folder).free
    say(f"disk: {gib} GiB are needed, {free / GIB:.1f} GiB are free at {folder}")
    if free < gib * GIB:
        raise BenchError(f"too little disk is free at {folder}: {free / GIB:.1f} GiB, and {gib} GiB are needed")


def require_program(name):
    if not (BUILD / name).exists():
        raise BenchError(f"{BUILD / name} is missing: run scripts/bench without --no-build")


class World:
    def __init__(self, folder, server_url=""):
        """`server_url`: of a Postgres that runs already, without the database; up() starts one."""
        self.folder = pathlib.Path(folder)
        self._server_url = server_url
        self._daemons = []
        self._daemon_ports = []
        self._echo = None
        self._peer = None
        self._ports = self.folder / "daemon-ports"

    def up(self):
        """Postgres and RabbitMQ, and nothing else yet."""
        for program in ("logistics-engine", "order_load", "echo_server", "event_load", "payment_load", "stream_load"):
            require_program(program)
        processes.run(["scripts/stack", "up", "--dir", str(self.folder)], 150)
        env = {}
        for line in processes.run(["scripts/stack", "env", "--dir", str(self.folder)], 10).out.splitlines():
            name, value = line.removeprefix("export ").split("=", 1)
            env[name] = value.strip("'")
        self._server_url = env["DATABASE_URL"].rsplit("/", 1)[0]
        self.amqp_url = env["RABBITMQ_URL"]
        self._api = env["LOGISTICS_TEST_RABBITMQ_API"]
        self._postgres = self._recorded("postgres.pid")
        self._rabbitmq = self._recorded("rabbitmq.pid")

    def _recorded(self, name):
        return int((self.folder / name).read_text().split()[0])

    def _record(self, name, process):
        (self.folder / name).write_text(f"{process.pid} {processes.start_of(process.pid)}\n")

    def _claim_port(self, name):
        claimed = processes.run(["bash", "-c", ". scripts/lib/process.sh; . scripts/lib/ports.sh; claim_port \"$1\"",
                                 "_", str(self._ports)], 30).out.strip()
        with self._ports.open("a") as ports:
            ports.write(f"{name}={claimed}\n")
        return claimed

    # ---- Postgres

    @property
    def postgres_port(self):
        return urllib.parse.urlsplit(self._server_url).port

    def url(self, database, port=None):
        """`port`: of a way to Postgres that is not the shortest."""
        server = self._server_url if port is None else self._server_url.replace(f":{self.postgres_port}", f":{port}")
        return f"{server}/{database}"

    def _pg_program(self, name):
        folder = os.environ.get("PG_BIN", "")
        program = pathlib.Path(folder, name)
        return str(program) if folder and program.exists() else f"/usr/lib/postgresql/15/bin/{name}"

    def sql(self, database, statement, limit_s=120):
        """The rows' text, one a line, columns with | between."""
        return processes.run([self._pg_program("psql"), "-qXAt", self.url(database), "-v", "ON_ERROR_STOP=1", "-c",
                              statement], limit_s).out.strip()

    def start_script(self, database, script, **variables):
        values = [argument for name, value in variables.items() for argument in ("-v", f"{name}={value}")]
        return [self._pg_program("psql"), "-qX", self.url(database), "-v", "ON_ERROR_STOP=1", *values, "-f",
                str(SQL / script)]

    def script(self, database, script, limit_s=120, **variables):
        processes.run(self.start_script(database, script, **variables), limit_s)

    def pgbench(self, database, arguments, limit_s, port=None):
        return processes.run([self._pg_program("pgbench"), *arguments, self.url(database, port)], limit_s)

    def make_database(self, name):
        """With the daemon's tables and the products. Nothing when it is there."""
        if self.sql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name}'"):
            return
        self.sql("postgres", f"CREATE DATABASE {name}")
        processes.run([str(BUILD / "logistics-engine"), "migrate", "--database-url", self.url(name)], 60)
        self.script(name, "products.sql", products=PRODUCTS)

    def drop_database(self, name):
        self.sql("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    # ---- RabbitMQ

    def broker(self, method, path, body=None):
        request = urllib.request.Request(self._api + path, method=method,
                                         data=None if body is None else json.dumps(body).encode())
        credentials = urllib.parse.urlsplit(self._api)
        request.full_url = self._api.replace(f"{credentials.username}:{credentials.password}@", "") + path
        manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        manager.add_password(None, request.full_url, credentials.username, credentials.password)
        opener = urllib.request.build_opener(urllib.request.HTTPBasicAuthHandler(manager))
        request.add_header("content-type", "application/json")
        with opener.open(request, timeout=30) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def empty_queues(self):
        """Those that a daemon has declared."""
        there = {queue["name"] for queue in self.broker("GET", "/api/queues/%2f?columns=name")}
        for queue in there.intersection(QUEUES):
            self.broker("DELETE", f"/api/queues/%2f/{queue}/contents")

    def queued(self):
        """Messages that lie in the queues of events."""
        counts = processes.run_json([str(BUILD / "event_load"), "count", "--amqp-url", self.amqp_url, "--queues",
                                     ",".join(QUEUES)], 30)
        return sum(counts[queue] for queue in QUEUES)

    # ---- the daemon, the bare server, the inventory service

    @property
    def daemon(self):
        """The first of those that run."""
        return self._daemons[0] if self._daemons else None

    def start_daemon(self, database, inventory="embedded", settings=""):
        """Ends the one that runs. Returns when it is ready; `ready_s` of the daemon says how long that took."""
        return self.start_replicas(database, 1, inventory=inventory, settings=settings)[0]

    def start_replicas(self, database, count, port=None, *, inventory="embedded", settings=""):
        """As start_daemon, so many over one database. `port`: see url()."""
        self.stop_daemon()
        self.make_database(database)
        config = self.folder / "daemon.yaml"
        config.write_text(TOPOLOGY + settings)
        for _ in range(count):
            self._start_replica({"DATABASE_URL": self.url(database, port), "INVENTORY_SERVICE_URL": inventory}, config)
        return self._daemons

    def _start_replica(self, wanted, config):
        number = len(self._daemons) + 1
        if number > len(self._daemon_ports):
            self._daemon_ports.append((self._claim_port(f"GRPC{number}"), self._claim_port(f"METRICS{number}")))
        grpc, metrics = self._daemon_ports[number - 1]
        env = {name: value for name, value in os.environ.items() if not name.startswith(("LOGISTICS_", "RABBITMQ_"))}
        env |= wanted | {"RABBITMQ_URL": self.amqp_url, "GRPC_HOST": "127.0.0.1", "GRPC_PORT": grpc,
                         "METRICS_PORT": metrics}
        begun = time.monotonic()
        with (self.folder / "daemon.log").open("ab") as log:
            process = subprocess.Popen([str(BUILD / "logistics-engine"), "serve", "--config", str(config)], env=env,
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self._record(f"daemon{number}.pid", process)
        daemon = Daemon(process, grpc, metrics, wanted["DATABASE_URL"], 0)
        self._daemons.append(daemon)
        self._await_ready(daemon)
        daemon.ready_s = time.monotonic() - begun
        processes.wait_until(30, "the daemon's way to the broker", lambda: "broker: up" in daemon.get("/readyz"))

    def _await_ready(self, daemon):
        def ready():
            if daemon.process.poll() is not None:
                tail = (self.folder / "daemon.log").read_text(errors="replace")[-2000:]
                raise BenchError(f"the daemon ended at once; its log ends with\n{tail}")
            try:
                daemon.get("/readyz")
                return True
            except OSError:
                return False

        processes.wait_until(30, "the daemon's start", ready)

    def stop_daemon(self):
        """All of them."""
        while self._daemons:
            self._stop(self._daemons[-1].process, f"daemon{len(self._daemons)}.pid")
            self._daemons.pop()

    def echo_address(self):
        """Of the bare gRPC server, which is started when it does not run."""
        if self._echo is None:
            process = subprocess.Popen([str(BUILD / "echo_server")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       text=True, start_new_session=True)
            self._record("echo.pid", process)
            self._echo = process, f"127.0.0.1:{process.stdout.readline().strip()}"
        return self._echo[1]

    def start_peer(self, database):
        """The stand-in for another inventory service, with the bench's products; its address."""
        self.stop_peer()
        require_program("inventory-sync")
        if not self.sql("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{database}'"):
            self.sql("postgres", f"CREATE DATABASE {database}")
            # Its tables are empty when its plans are made, and none of them should read a whole table from then on.
            self.sql("postgres", f"ALTER DATABASE {database} SET enable_seqscan = off")
        here = "00000000-0000-0000-0000-000000000001"
        items = [{"id": f"00000000-0000-0000-0000-{n:012x}", "sku": f"BENCH-{n}", "name": "bench product",
                  "levels": {here: 1_000_000_000}} for n in range(1, PRODUCTS + 1)]
        seed = self.folder / "inventory.json"
        seed.write_text(json.dumps({"locations": [{"id": here, "name": "here"}], "items": items}))
        port = self._claim_port("INVENTORY")
        log_path = self.folder / "inventory.log"
        with log_path.open("wb") as log:
            process = subprocess.Popen([str(BUILD / "inventory-sync"), "--listen", f"127.0.0.1:{port}", "--seed",
                                        str(seed)], env=os.environ | {"DATABASE_URL": self.url(database)},
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        self._record("inventory.pid", process)
        self._peer = process
        processes.wait_until(60, "the start of the inventory service",
                             lambda: process.poll() is not None or "ready " in log_path.read_text())
        if process.poll() is not None:
            raise BenchError(f"the inventory service ended at once: {log_path.read_text()[-2000:]}")
        return f"127.0.0.1:{port}"

    def stop_peer(self):
        if self._peer is not None:
            self._stop(self._peer, "inventory.pid")
            self._peer = None

    def _stop(self, process, record):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
        (self.folder / record).unlink(missing_ok=True)

    # ---- between measurements

    def quiet_down(self):
        """What the last measurement left behind (autovacuum, a checkpoint, messages in queues that nobody reads) would
        be paid for by the next. Nobody waits longer than ten seconds for it."""
        self.empty_queues()
        self.sql("postgres", "CHECKPOINT")
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.sql(
                "postgres", "SELECT 1 FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'"):
            time.sleep(0.2)

    def meter(self):
        servers = {"Postgres": lambda: processes.family_cpu_us(self._postgres),
                   "broker": lambda: processes.family_cpu_us(self._rabbitmq)}
        if self.daemon is not None:
            servers["daemon"] = lambda: sum(processes.cpu_us(daemon.pid) for daemon in self._daemons)
        if self._peer is not None:
            servers["inventory"] = lambda: processes.family_cpu_us(self._peer.pid)
        if self._echo is not None:
            servers["echo"] = lambda: processes.cpu_us(self._echo[0].pid)
        return Meter(servers)

    def close(self):
        self.stop_daemon()
        self.stop_peer()
        if self._echo is not None:
            self._stop(self._echo[0], "echo.pid")
