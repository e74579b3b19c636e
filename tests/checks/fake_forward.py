"""The far end of `pods/portforward` over a WebSocket (RFC 6455): it plays a CoreDNS pod that answers one question."""

import base64
import hashlib
import struct
from http.server import BaseHTTPRequestHandler

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_RESPONSE = 0x8000


def forward(handler: BaseHTTPRequestHandler, code: int = 0, error: str = "") -> None:
    """Answer the question that comes with this response code, or, as the API server does, with an error of the port."""
    accept = base64.b64encode(hashlib.sha1((handler.headers["Sec-WebSocket-Key"] + _GUID).encode()).digest())
    handler.send_response(101)
    for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Accept", accept.decode())):
        handler.send_header(name, value)
    handler.send_header("Sec-WebSocket-Protocol", handler.headers["Sec-WebSocket-Protocol"])
    handler.end_headers()
    for channel in (0, 1):
        _send(handler, bytes([channel]) + struct.pack("<H", 53))
    question = _receive(handler)[1:]
    if error:
        _send(handler, b"\x01" + error.encode())
    else:
        answer = question[:4] + struct.pack("!H", _RESPONSE | code) + question[6:]
        # In two messages: a pod's answer comes in whatever pieces TCP makes of it.
        for piece in (answer[:1], answer[1:]):
            _send(handler, b"\x00" + piece)
    handler.close_connection = True


def _send(handler: BaseHTTPRequestHandler, content: bytes) -> None:
    handler.wfile.write(struct.pack("!BB", 0x82, len(content)) + content)


def _receive(handler: BaseHTTPRequestHandler) -> bytes:
    length = handler.rfile.read(2)[1] & 0x7F
    mask = handler.rfile.read(4)
    return bytes(byte ^ mask[place % 4] for place, byte in enumerate(handler.rfile.read(length)))
