"""Open a WebSocket: to the API server, or to what a connection leads to."""

import ssl
from http import HTTPStatus
from urllib.parse import urlsplit

import websocket

from checks.kube.connection import Connection


def open_web_socket(connection: Connection, path: str, subprotocol: str, seconds: float) -> websocket.WebSocket:
    """Return an open WebSocket that has agreed to the subprotocol; connect, and each answer, may take so many seconds.

    This function blocks, and raises the library's errors and OSError. A redirect is a refusal, because it could lead
    the credentials elsewhere.
    """
    tries = connection.connect_retries
    while True:
        try:
            return _opened(connection, path, subprotocol, seconds)
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, websocket.WebSocketConnectionClosedException):
            if not tries:
                raise
            tries -= 1


def _opened(connection: Connection, path: str, subprotocol: str, seconds: float) -> websocket.WebSocket:
    token = connection.token()
    proxy = urlsplit(connection.proxy) if connection.proxy else None
    channel = websocket.WebSocket(sslopt=_tls(connection))
    try:
        channel.connect(  # type: ignore[no-untyped-call]
            connection.host.replace("http", "ws", 1) + path,
            timeout=seconds,
            header=[f"Authorization: {token}"] if token else [],
            subprotocols=[subprotocol],
            suppress_origin=True,
            host=connection.virtual_host or None,
            redirect_limit=0,
            http_proxy_host=proxy.hostname if proxy else None,
            http_proxy_port=proxy.port if proxy else None,
            http_proxy_auth=(proxy.username, proxy.password) if proxy and proxy.username else None,
            proxy_type=proxy.scheme if proxy else None,
            # The proxy of the kubeconfig applies: no environment variable may set another.
            http_no_proxy=[] if proxy else ["*"],
        )
    except websocket.WebSocketException:
        answer = channel.handshake_response
        if answer is not None and answer.status != HTTPStatus.SWITCHING_PROTOCOLS:
            raise websocket.WebSocketBadStatusException("redirected", answer.status) from None
        raise
    return channel


def _tls(connection: Connection) -> dict[str, object]:
    if not connection.host.startswith("https"):
        return {}
    given: dict[str, object] = {"context": connection.tls or ssl.create_default_context()}
    return {**given, "server_hostname": connection.server_name} if connection.server_name else given
