"""A TCP proxy before the API server, whose connections a test cuts or freezes."""

import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Lock, Thread
from urllib.parse import urlsplit

from local.waiting import wait_until

_RESET = struct.pack("ii", 1, 0)
"""Linger for 0 seconds: a close is a reset, as when a firewall forgets a connection."""


class CuttingProxy:
    """Passes bytes on, between a port of loopback and the API server."""

    def __init__(self, kubeconfig: Path, folder: Path) -> None:
        config = json.loads(kubeconfig.read_text())
        target = urlsplit(config["clusters"][0]["cluster"]["server"])
        self._upstream = (str(target.hostname), int(target.port or 443))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: set[socket.socket] = set()
        self._lock = Lock()
        self._flows = Event()
        self._flows.set()
        self.cuts = 0
        config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self.kubeconfig = folder / "kubeconfig-cut"
        self.kubeconfig.write_text(json.dumps(config))
        Thread(target=self._accept, daemon=True).start()

    @property
    def connections(self) -> int:
        """Return how many connections are open."""
        with self._lock:
            return len(self._sockets) // 2

    def cut(self) -> None:
        """Reset every connection, wherever it is in the middle of."""
        with self._lock:
            sockets, self._sockets = self._sockets, set()
        self.cuts += 1
        for each in sockets:
            _reset(each)

    def freeze(self) -> None:
        """Pass nothing on any more; all connections stay open."""
        self._flows.clear()

    def thaw(self) -> None:
        """Pass on what came meanwhile."""
        self._flows.set()

    def close(self) -> None:
        """End it."""
        self._listener.close()
        self.cut()
        self.thaw()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                try:
                    server = socket.create_connection(self._upstream)
                except OSError:
                    _reset(client)
                    continue
                with self._lock:
                    self._sockets |= {client, server}
                Thread(target=self._pump, args=(client, server), daemon=True).start()
                Thread(target=self._pump, args=(server, client), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                target.sendall(data)
        with self._lock:
            self._sockets -= {source, target}
        _reset(source)
        _reset(target)


def _reset(each: socket.socket) -> None:
    with suppress(OSError):
        each.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        each.shutdown(socket.SHUT_RDWR)
    each.close()


@contextmanager
def cutting_proxy(kubeconfig: Path, folder: Path) -> Iterator[CuttingProxy]:
    """Run a proxy, with a kubeconfig for it in a folder."""
    proxy = CuttingProxy(kubeconfig, folder)
    try:
        yield proxy
    finally:
        proxy.close()
        assert wait_until(lambda: not proxy.connections, 5)
