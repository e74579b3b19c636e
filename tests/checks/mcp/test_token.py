"""The token of a server: read by name, and in no output."""

import base64

import anyio
import pytest

from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.mcp.answer import Answer, Outcome
from checks.mcp.token import Token, read_token
from stacks.model.authorization import BearerToken
from tests.checks.fake_api import FakeApi, status

SECRET = "correct-horse-battery"
PATH = "/api/v1/namespaces/cortex-mcp/secrets/time-token"


def read(api: FakeApi, key: str = "token") -> Reading[Token]:
    async def main() -> Reading[Token]:
        connection = Connection("test", api.url)
        async with connection.client() as client:
            return await read_token(ApiClient(client), "cortex-mcp", BearerToken(secret="time-token", key=key))

    return anyio.run(main)


def stored(api: FakeApi, value: bytes) -> None:
    data = {"token": base64.b64encode(value).decode()}
    api.world.add("secrets", "cortex-mcp", {"metadata": {"name": "time-token"}, "data": data})


@pytest.mark.parametrize("value", [SECRET, f"{SECRET}\n"])
def test_token_is_read_by_name(api: FakeApi, value: str) -> None:
    stored(api, value.encode())
    reading = read(api)
    assert isinstance(reading, Read)
    assert reading.value.header() == f"Bearer {SECRET}"
    assert set(api.requests) == {PATH}
    assert SECRET not in repr(reading)


@pytest.mark.parametrize("value", [b"", b" \n", b"two words", b"new\nline", b"\xff\xfe", "schlüssel".encode()])
def test_value_that_no_header_can_carry_is_told_without_it(api: FakeApi, value: bytes) -> None:
    stored(api, value)
    failure = read(api)
    assert isinstance(failure, ReadFailure)
    assert (failure.what, failure.reason) == (
        "read the token token of Secret cortex-mcp/time-token",
        Reason.UNDECODABLE,
    )
    assert "words" not in failure.message


def test_missing_secret_key_and_permission_are_told(api: FakeApi) -> None:
    missing = read(api)
    assert isinstance(missing, ReadFailure)
    assert missing.message == "the Secret does not exist"
    stored(api, SECRET.encode())
    missing = read(api, "other")
    assert isinstance(missing, ReadFailure)
    assert missing.message == "the Secret has no such key"
    api.faults[PATH] = [status(403, "no")]
    denied = read(api)
    assert isinstance(denied, ReadFailure)
    assert denied.permission == Permission("get", "secrets", "cortex-mcp")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"invalid token {SECRET}!", "invalid token [hidden]!"),
        (f"invalid token {SECRET[:9]}…", "invalid token [hidden]…"),
        (f"invalid token {SECRET[:5]}…", "invalid token [hidden]…"),
        (f"invalid token {SECRET.encode().hex()}", "invalid token [hidden]"),
        ("no such node…", "no such node…"),
    ],
)
def test_token_that_a_server_repeats_is_hidden(text: str, shown: str) -> None:
    answer = Answer(
        Outcome.NO_MCP,
        text,
        definitions={text: {"description": text, "inputSchema": {"enum": [text], text: 1}}},
        protocol=text,
        smoke_errors=(text, None),
        versions={"2025-06-18": Answer(Outcome.NO_MCP, text), "2025-03-26": Answer(Outcome.ANSWERED, protocol=text)},
    )
    hidden = Token(SECRET).hidden(answer)
    assert (hidden.detail, hidden.smoke_errors, hidden.protocol, hidden.tools) == (
        shown,
        (shown, None),
        shown,
        frozenset({shown}),
    )
    assert [(each.detail, each.protocol) for each in hidden.versions.values()] == [(shown, ""), ("", shown)]
    assert hidden.definitions == {shown: {"description": shown, "inputSchema": {"enum": [shown], shown: 1}}}
