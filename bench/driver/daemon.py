"""A daemon that is measured."""

import urllib.request


class Daemon:
    """A running daemon."""

    def __init__(self, process, grpc_port, metrics_port, database_url, ready_s):
        self.process = process
        self.pid = process.pid
        self.address = f"127.0.0.1:{grpc_port}"
        self._metrics = f"http://127.0.0.1:{metrics_port}"
        self.database_url = database_url
        self.ready_s = ready_s

    def get(self, path):
        with urllib.request.urlopen(self._metrics + path, timeout=5) as answer:
            return answer.read().decode()

    def confirmed_events(self):
        """Its own count: events that the broker has confirmed, repetitions included."""
        for line in self.get("/metrics").splitlines():
            if line.startswith('logistics_publish_total{result="confirmed"} '):
                return int(float(line.split()[-1]))
        return 0
