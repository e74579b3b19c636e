"""Servers of the transport WebSocket, directly and through the API server's proxy, and what only looks like one."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import anyio
import pytest

from checks.kube.connection import Connection
from checks.mcp import probe as mcp_probe
from checks.mcp import socket_channel
from checks.mcp.answer import Answer, Outcome, ServerAnswers
from checks.mcp.collect import ANSWERS
from checks.mcp.probe import probe
from checks.mcp.session import initialize_over_web_socket
from stacks.model.server import SmokeCall
from tests.checks.collecting import collect
from tests.checks.mcp.live_server import certificate
from tests.checks.mcp.socket_server import (
    BINARY,
    CLOSE,
    Answers,
    Headers,
    Peer,
    Talk,
    answer,
    frame,
    handle,
    listening,
    serve_mcp,
)
from tests.checks.mcp.test_probe import SMOKE, server
from tests.checks.mcp.test_replicas import ONE, TWO, listing, stack

PROXY = "/api/v1/namespaces/cortex-mcp"


def opens(_path: str, _headers: Headers) -> None:
    return None


@contextmanager
def serving(talk: Talk | None = None, answers: Answers = opens, subprotocol: str = "mcp") -> Iterator[Connection]:
    talk = talk or partial(serve_mcp, server())
    with listening(partial(handle, talk=talk, answers=answers, subprotocol=subprotocol)) as port:
        yield Connection("test", f"http://127.0.0.1:{port}")


def asked(connection: Connection, *smokes: SmokeCall, deadline: float = 10) -> Answer:
    return anyio.run(probe, connection, "/ws", smokes, deadline, 0.0, "websocket")


def test_server_answers() -> None:
    with serving() as connection:
        given = asked(connection, SMOKE)
    assert (given.outcome, given.detail, given.smoke_errors) == (Outcome.ANSWERED, "", (None,))
    assert given.tools == {"add", "broken", "says"}
    # A connection stays in the pod that it was made to, so that no session can be lost.
    assert (given.sessions, given.protocol < "2026") == (False, True)


def test_failing_smoke_call_is_told() -> None:
    with serving() as connection:
        given = asked(connection, SmokeCall(tool="broken"))
    assert (given.outcome, given.smoke_errors) == (Outcome.ANSWERED, ("Error executing tool broken",))


@pytest.mark.parametrize(
    ("refused", "outcome", "detail"),
    [
        (answer("401 No"), Outcome.GATED, "the server runs, but requires credentials (HTTP 401)"),
        (answer("403 No"), Outcome.GATED, "the server runs, but requires credentials (HTTP 403)"),
        (answer("404 No"), Outcome.NO_MCP, "the endpoint answered HTTP 404 instead of opening a WebSocket"),
        (answer("200 OK", "<html>"), Outcome.NO_MCP, "the endpoint answered HTTP 200 instead of opening a WebSocket"),
        (answer("302 Found", Location="http://192.0.2.1/"), Outcome.NO_MCP, "HTTP 302 instead of opening a WebSocket"),
        (answer("503 No", '{"kind": "Status", "message": "no endpoints"}'), Outcome.UNREACHABLE, "no endpoints"),
        (answer("403 No", '{"kind": "Status", "message": "denied"}'), Outcome.FORBIDDEN, "denied"),
        (b"nonsense\r\n\r\n", Outcome.NO_MCP, "did not agree to a WebSocket with the subprotocol mcp"),
        (answer("101 Switching Protocols"), Outcome.NO_MCP, "did not agree to a WebSocket with the subprotocol mcp"),
        (b"", Outcome.UNREACHABLE, "the connection was closed"),
    ],
    ids=["401", "403", "404", "200", "redirect", "API server", "denied", "no HTTP", "no accept", "closed"],
)
def test_refused_handshake(refused: bytes, outcome: Outcome, detail: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_probe, "PAUSE_SECONDS", 0.0)
    with serving(answers=lambda *_: refused) as connection:
        given = asked(connection)
    assert given.outcome is outcome, given.detail
    assert detail in given.detail
    assert given.challenge is ("401" in given.detail)


@pytest.mark.parametrize("subprotocol", ["", "graphql-ws"])
def test_other_subprotocol_is_no_mcp(subprotocol: str) -> None:
    with serving(subprotocol=subprotocol) as connection:
        given = asked(connection)
    assert given.outcome is Outcome.NO_MCP
    assert given.detail == "the endpoint did not agree to a WebSocket with the subprotocol mcp"


@pytest.mark.parametrize(
    ("sent", "detail", "lost"),
    [
        (frame(b"hello"), "the server sent what is not JSON-RPC: hello", False),
        (frame(b"{}", BINARY), "the server sent a binary frame, but MCP has text frames", False),
        (frame(b"\xff"), "invalid WebSocket frame", False),
        (b"\xf1\x00", "invalid WebSocket frame", False),
        (frame((1011).to_bytes(2) + b"crashed", CLOSE), "closed the WebSocket (1011: crashed) before its answer", True),
        (b"", "the server closed the WebSocket before its answer", True),
    ],
    ids=["garbage", "binary", "UTF-8", "frame", "close", "ends"],
)
def test_other_answer_ends_the_conversation(
    sent: bytes, detail: str, lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_probe, "PAUSE_SECONDS", 0.0)
    conversations: list[Peer] = []

    async def talk(peer: Peer) -> None:
        conversations.append(peer)
        async for _ in peer.messages():
            await peer.stream.send(sent)
            return

    with serving(talk) as connection:
        given = asked(connection)
        version = anyio.run(initialize_over_web_socket, connection, "/ws", "2025-06-18", 10)
    assert (given.outcome, given.lost) == (Outcome.NO_MCP, lost)
    assert detail in given.detail
    assert given.seconds < 5
    # What was lost is asked for once more, as each version is.
    assert len(conversations) == (4 if lost else 2)
    assert version.outcome is not Outcome.ANSWERED


def test_message_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_channel, "LARGEST_BYTES", 100)
    with serving() as connection:
        given = asked(connection)
    assert (given.outcome, given.detail) == (Outcome.NO_MCP, "the server sent a message of more than 100 bytes")


def test_connection_that_breaks_during_a_call_is_told_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_probe, "PAUSE_SECONDS", 0.0)
    times: list[int] = []

    async def talk(peer: Peer) -> None:
        times.append(1)
        if len(times) > 1:
            await serve_mcp(server(), peer)
            return
        async with anyio.create_task_group() as group:
            group.start_soon(partial(serve_mcp, server(), Cutting(peer, b"tools/call")))

    with serving(talk) as connection:
        given = asked(connection, SMOKE)
    assert (given.outcome, given.smoke_errors, len(times)) == (Outcome.ANSWERED, (None,), 2)


class Cutting(Peer):
    """A client that is cut off when it sends this."""

    def __init__(self, peer: Peer, at: bytes) -> None:
        super().__init__(peer.stream, peer._received)
        self.at = at

    async def messages(self):  # type: ignore[no-untyped-def]
        async for text in super().messages():
            if self.at in text:
                await self.stream.aclose()
                return
            yield text


def test_silent_server_ends_at_the_deadline() -> None:
    async def silent(_: Peer) -> None:
        await anyio.sleep_forever()

    with serving(silent) as connection:
        given = asked(connection, deadline=0.5)
        version = anyio.run(initialize_over_web_socket, connection, "/ws", "2025-06-18", 0.5)
    assert (given.outcome, given.detail, given.seconds < 5) == (
        Outcome.TIMEOUT,
        "no complete answer within 0.5 s",
        True,
    )
    assert version.outcome is Outcome.TIMEOUT
    assert asked(connection).outcome is Outcome.UNREACHABLE


def test_handshake_without_an_answer_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_channel, "CONNECT_SECONDS", 0.3)

    async def silent(_: object) -> None:
        await anyio.sleep_forever()

    with listening(silent) as port:
        given = asked(Connection("test", f"http://127.0.0.1:{port}"))
    assert (given.outcome, given.detail) == (Outcome.TIMEOUT, "no answer in time")


def test_each_version_is_asked_for() -> None:
    with serving() as connection:
        given = anyio.run(initialize_over_web_socket, connection, "/ws", "2025-06-18", 10)
    assert (given.outcome, given.protocol) == (Outcome.ANSWERED, "2025-06-18")


def test_certificate_is_verified_unless_declared(tmp_path: Path) -> None:
    certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "crt", tmp_path / "key")
    unverified = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    serve = partial(handle, talk=partial(serve_mcp, server()), answers=opens)
    with listening(serve, context) as port:
        host = f"https://127.0.0.1:{port}"
        strict, lax = asked(Connection("test", host)), asked(Connection("test", host, tls=unverified))
    assert strict.outcome is Outcome.UNREACHABLE
    assert strict.detail.startswith("its certificate is not trusted: self")
    assert lax.outcome is Outcome.ANSWERED, lax.detail
    assert unverified.verify_mode is ssl.CERT_NONE


def test_token_is_sent_in_the_handshake() -> None:
    def gate(_path: str, headers: Headers) -> bytes | None:
        return None if headers.get("authorization") == "Bearer right" else answer("401 No")

    with serving(answers=gate) as connection:
        assert asked(connection).challenge
        given = asked(Connection("test", connection.host, token=lambda: "Bearer right"))
    assert given.outcome is Outcome.ANSWERED


def collected(answers: Answers, *pods: str, **settings: object) -> ServerAnswers:
    with serving(answers=answers) as connection:

        async def main() -> ServerAnswers:
            declaration = stack(transport="websocket", path="/ws", smoke=SMOKE.model_dump(), **settings)
            return (await collect(ANSWERS, declaration, connection, Pod=listing(*pods)))["time"]

        return anyio.run(main)


def test_service_and_each_pod_are_asked_through_the_proxy() -> None:
    paths: set[str] = set()

    def note(path: str, _headers: Headers) -> bytes | None:
        # A pod that fails is looked at again: is it still ready?
        if "/proxy/" not in path:
            return answer("500 No")
        paths.add(path)
        return answer("404 No") if TWO in path else None

    answers = collected(note, ONE, TWO, protocols=["2025-06-18", "2024-11-05"])
    assert (answers.service.outcome, answers.broken) == (Outcome.ANSWERED, frozenset({TWO}))
    assert {version: each.protocol for version, each in answers.service.versions.items()} == {
        "2025-06-18": "2025-06-18",
        "2024-11-05": "2024-11-05",
    }
    assert paths == {
        f"{PROXY}/services/http:time-mcp-server:8080/proxy/ws",
        f"{PROXY}/pods/http:{ONE}:8080/proxy/ws",
        f"{PROXY}/pods/http:{TWO}:8080/proxy/ws",
    }


def test_anonymous_client_is_tried() -> None:
    refused = {"authorization": {"anonymous": "refused"}, "replicas": 1}
    assert collected(lambda *_: answer("401 No"), **refused).service.challenge
    given = collected(opens, **refused)
    assert given.anonymous is not None
    assert given.anonymous.outcome is Outcome.ANSWERED
