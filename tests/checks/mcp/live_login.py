"""An OAuth authorization server for a live test, which runs in a pod: `python3 live_login.py`.

It gives the token of the variable TOKEN to the client `cortex` with the secret of the variable SECRET.
"""

import base64
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORT = 9000


class Login(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        issuer = os.environ["ISSUER"]
        known = self.path == "/.well-known/oauth-authorization-server"
        self.answer(200 if known else 404, {"issuer": issuer, "token_endpoint": f"{issuer}/token"})

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        basic = base64.b64encode(f"cortex:{os.environ['SECRET']}".encode()).decode()
        if self.path != "/token" or "grant_type=client_credentials" not in form:
            self.answer(400, {"error": "invalid_request"})
        elif self.headers["Authorization"] != f"Basic {basic}":
            self.answer(401, {"error": "invalid_client"})
        else:
            self.answer(200, {"access_token": os.environ["TOKEN"], "token_type": "Bearer", "expires_in": 60})

    def answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("0.0.0.0", PORT), Login).serve_forever()
