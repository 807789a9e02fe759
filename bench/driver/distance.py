"""A way to Postgres that takes so long: what a database in another zone or region costs."""

import collections
import socket
import threading
import time

CHUNK = 1024 * 1024


class Distance:
    """A proxy on loopback that delays each byte by half of `round_trip_ms` either way, however much is under way.

    Its delay is added to what loopback takes. Connections end when their ends do, at the latest when the block ends.
    """

    def __init__(self, port, round_trip_ms):
        self._to = ("127.0.0.1", port)
        self._delay_s = round_trip_ms / 2000
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends = []
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for end in self._ends:
            end.close()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(self._to)
            for end in (near, far):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._ends.append(end)
            self._carry(near, far)
            self._carry(far, near)

    def _carry(self, source, sink):
        under_way, something = collections.deque(), threading.Semaphore(0)

        def take():
            data = b"-"
            while data:
                try:
                    data = source.recv(CHUNK)
                except OSError:
                    data = b""
                under_way.append((time.monotonic() + self._delay_s, data))
                something.release()

        def bring():
            while True:
                something.acquire()
                due, data = under_way.popleft()
                time.sleep(max(0, due - time.monotonic()))
                try:
                    if not data:
                        sink.shutdown(socket.SHUT_WR)
                        return
                    sink.sendall(data)
                except OSError:
                    return

        for work in (take, bring):
            threading.Thread(target=work, daemon=True).start()
