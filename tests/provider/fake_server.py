"""An HTTP server with scripted answers, which replaces an API server."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, str], str]


class Server(ThreadingHTTPServer):
    """Answers each method and path from a script; the last answer is repeated."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: dict[str, list[Answer]] = {}
        self.seen: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def kubeconfig(self) -> str:
        return json.dumps(
            {
                "current-context": "c",
                "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "mine"}}],
                "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{self.server_port}"}}],
                "users": [{"name": "u", "user": {"token": "t0ken"}}],
            }
        )

    def says(self, request: str, *answers: Answer | dict[str, Any]) -> None:
        self.script[request] = [a if isinstance(a, tuple) else (200, {}, json.dumps(a)) for a in answers]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Otherwise each body waits 40 ms, until the client has acknowledged the headers."""
    server: Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = f"{self.command} {self.path.partition('?')[0]}"
        self.server.seen.append((request, dict(self.headers), body))
        answers = self.server.script.get(request) or [(404, {}, "404 page not found")]
        status, headers, text = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815

    def log_message(self, *arguments: object) -> None:
        pass
