"""A server on loopback that passes requests on to the API server, until a write at which the test stops it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPSConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from urllib.parse import urlsplit

import yaml

from checks.kube.connection import Connection

WRITES = ("DELETE", "PATCH")


@dataclass
class ApiProxy:
    """The running server. `on_write` gets the number of a write, from 1; the write is passed on if it returns True."""

    connection: Connection
    kubeconfig: Path
    on_write: Callable[[int], bool] = lambda number: True
    answers: bool = True
    """Whether what was passed on is answered; the connection is closed otherwise."""
    writes: int = 0
    lock: Lock = field(default_factory=Lock)

    def passes(self, method: str) -> bool:
        """Check whether a request is passed on."""
        if method in WRITES:
            with self.lock:
                self.writes += 1
                number = self.writes
            return self.on_write(number)
        return True


@contextmanager
def serve(connection: Connection, folder: Path) -> Iterator[ApiProxy]:
    """Serve, with a kubeconfig for it in a folder."""
    kubeconfig = folder / "kubeconfig-proxy"
    proxy = ApiProxy(connection, kubeconfig)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(proxy))
    server.daemon_threads = True
    name = connection.context
    kubeconfig.write_text(
        yaml.safe_dump(
            {
                "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
                "clusters": [{"name": name, "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
                "users": [{"name": name, "user": {}}],
            }
        )
    )
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(proxy: ApiProxy) -> type[BaseHTTPRequestHandler]:
    address = urlsplit(proxy.connection.host)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not proxy.passes(self.command):
                self.close_connection = True
                return
            kept = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
            connection = HTTPSConnection(address.hostname or "", address.port, context=proxy.connection.tls, timeout=60)
            connection.request(self.command, self.path, body, {**kept, "Accept-Encoding": "identity"})
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            if not proxy.answers:
                self.close_connection = True
                return
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.headers.get("Content-Type", ""))
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_DELETE = do_GET = do_PATCH = do_POST = pass_on  # noqa: N815 - http.server looks for these

    return Handler
