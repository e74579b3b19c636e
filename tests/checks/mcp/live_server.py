"""An MCP server for the live tests, which runs in a pod: `python3 live_server.py MODE`.

`sessions`: keeps sessions for clients of an older protocol. `old`: speaks only that one. `stream`: HTTP+SSE.
`guarded`: HTTPS with a self-signed certificate, and requires the token of the variable TOKEN. `gated`: requires that
token over HTTP. Each hangs while the file HANG exists.
"""

import datetime
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from mcp.server import MCPServer
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PORT = 8080
ANYWHERE = "0.0.0.0"
HANG = Path("/tmp/hang")


def server() -> MCPServer:
    mcp = MCPServer("live")

    @mcp.tool()
    def add(a: int, b: int) -> int:
        """Add."""
        return a + b

    return mcp


def wrapped(app: ASGIApp, refuses: Callable[[Scope], int]) -> ASGIApp:
    """Answer the kubelet's probes, and refuse what `refuses` gives a status for."""

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp = app
        if scope["type"] == "http":
            while HANG.exists():
                time.sleep(0.1)
            if scope["path"] in ("/health", "/ready", "/startup"):
                answer = PlainTextResponse("well")
            elif status := refuses(scope):
                answer = PlainTextResponse("refused", status)
        await answer(scope, receive, send)

    return respond


def header(scope: Scope, name: bytes) -> str:
    found: bytes = dict(scope["headers"]).get(name, b"")
    return found.decode()


def certificate(folder: Path) -> None:
    """Write a key and a certificate that nobody signed."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "live")])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    signed = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256())
    (folder / "crt").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key").write_bytes(key.private_bytes(*plain))


def nothing(_: Scope) -> int:
    return 0


def the_newest_protocol(scope: Scope) -> int:
    return 400 if header(scope, b"mcp-protocol-version").startswith("2026") else 0


def other_tokens(scope: Scope) -> int:
    return 0 if header(scope, b"authorization") == f"Bearer {os.environ['TOKEN']}" else 401


def main(mode: str) -> None:
    tls: dict[str, Any] = {}
    if mode == "guarded":
        certificate(Path("/tmp"))
        tls = {"ssl_certfile": "/tmp/crt", "ssl_keyfile": "/tmp/key"}
    app = server().sse_app(host=ANYWHERE) if mode == "stream" else server().streamable_http_app(host=ANYWHERE)
    refuses = {"old": the_newest_protocol, "guarded": other_tokens, "gated": other_tokens}.get(mode, nothing)
    uvicorn.run(wrapped(app, refuses), host=ANYWHERE, port=PORT, log_level="warning", **tls)


if __name__ == "__main__":
    main(sys.argv[1])
