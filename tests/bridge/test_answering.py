"""How requests are answered, and when they are cancelled."""

import http.client
import json
from collections.abc import Iterator

import pytest

from bridge.admission import Admission
from tests.bridge.serving import PLAIN, Bridge, eventually, ready

BOTH = "application/json, text/event-stream"
JSON = "application/json"
STREAM = "text/event-stream"
OLD = {"Accept": BOTH, "MCP-Protocol-Version": "2025-11-25"}


@pytest.fixture(scope="module")
def bridge() -> Iterator[Bridge]:
    with ready(PLAIN) as found:
        yield found


def request(method: str, **parameters: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}


@pytest.mark.parametrize(
    ("accept", "asked", "kind"),
    [
        (BOTH, request("tools/list"), JSON),
        (BOTH, request("tools/list", _meta={"progressToken": 1}), STREAM),
        (BOTH, request("tools/call", name="pid"), STREAM),  # this server may send log messages
        (JSON, request("tools/call", name="pid", _meta={"progressToken": 1}), JSON),
    ],
)
def test_a_stream_is_for_what_may_need_one(bridge: Bridge, accept: str, asked: object, kind: str) -> None:
    status, headers, body = bridge.send(asked, Accept=accept, MCP_Protocol_Version="2025-11-25")
    assert (status, headers["content-type"].partition(";")[0]) == (200, kind)
    assert '"result"' in body


@pytest.mark.parametrize("accept", [JSON, BOTH])
def test_a_client_that_goes_cancels_its_call(bridge: Bridge, accept: str) -> None:
    cancelled = 'mcp_bridge_call_errors_total{cause="cancelled",tool="sleep"}'
    before = bridge.metrics().get(cancelled, 0)
    client = http.client.HTTPConnection("127.0.0.1", bridge.port, timeout=10)
    body = json.dumps(request("tools/call", name="sleep", arguments={"seconds": 30}))
    client.request("POST", "/mcp", body, {**OLD, "Accept": accept, "Content-Type": JSON})
    eventually(lambda: bridge.metrics()["mcp_bridge_calls_running"] == 1)
    client.close()
    eventually(lambda: bridge.metrics().get(cancelled, 0) == before + 1)


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_large_request_is_refused(in_pieces: bool) -> None:
    with ready(PLAIN, admission=Admission(max_bytes=1000)) as bridge:
        client = http.client.HTTPConnection("127.0.0.1", bridge.port, timeout=10)
        body = json.dumps({**request("ping"), "padding": "x" * 1000}).encode()
        pieces = iter([body[:600], body[600:]]) if in_pieces else body
        client.request("POST", "/mcp", pieces, {**OLD, "Content-Type": JSON})
        answer = client.getresponse()
        found = json.loads(answer.read())
        assert (answer.status, found["error"]) == (
            413,
            "the request is too large: this server accepts at most 1000 bytes",
        )
        client.close()
        assert bridge.send(request("ping"))[0] == 200


def test_the_handshake_needs_no_stream(bridge: Bridge) -> None:
    client = {"name": "test", "version": "1"}
    asked = request("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=client)
    status, headers, body = bridge.send(asked, Accept=BOTH)
    assert (status, headers["content-type"], json.loads(body)["result"]["protocolVersion"]) == (200, JSON, "2025-06-18")
