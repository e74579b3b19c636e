"""A key service for tests: what Pulumi needs of the transit engine of Vault, on a loopback port."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from cryptography.fernet import Fernet, InvalidToken

TOKEN = "test-token"


@dataclass
class Vault:
    """Versions of one key; the newest encrypts."""

    keys: list[Fernet] = field(default_factory=lambda: [Fernet(Fernet.generate_key())])
    oldest: int = 0
    """The first version that still decrypts."""
    address: str = ""

    def rotate(self) -> None:
        self.keys.append(Fernet(Fernet.generate_key()))

    def retire(self) -> None:
        """Let only the newest version decrypt."""
        self.oldest = len(self.keys) - 1

    def encrypt(self, plaintext: str) -> dict[str, str]:
        version = len(self.keys)
        return {"ciphertext": f"vault:v{version}:{self.keys[-1].encrypt(base64.b64decode(plaintext)).decode()}"}

    def decrypt(self, ciphertext: str) -> dict[str, str]:
        version, text = ciphertext.removeprefix("vault:v").split(":")
        if int(version) <= self.oldest:
            raise InvalidToken
        return {"plaintext": base64.b64encode(self.keys[int(version) - 1].decrypt(text)).decode()}


@contextmanager
def serve() -> Iterator[Vault]:
    """Serve a new key named `cortex`, to those that send the token."""
    vault = Vault()

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.headers.get("X-Vault-Token") != TOKEN:
                return self._answer(403, {"errors": ["permission denied"]})
            try:
                if self.path == "/v1/transit/encrypt/cortex":
                    return self._answer(200, {"data": vault.encrypt(asked["plaintext"])})
                if self.path == "/v1/transit/decrypt/cortex":
                    return self._answer(200, {"data": vault.decrypt(asked["ciphertext"])})
            except InvalidToken:
                return self._answer(400, {"errors": ["ciphertext version is disallowed by policy (too old)"]})
            return self._answer(404, {"errors": []})

        def _answer(self, status: int, document: object) -> None:
            body = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    vault.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield vault
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
