"""The token with which an MCP server is asked. It enters no output: no result, message or log has it."""

import base64
import binascii
import re
from dataclasses import dataclass, field, replace

import msgspec

from checks.kube.client import ApiClient, Kind
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.mcp.answer import Answer
from stacks.model.authorization import BearerToken

_USABLE = re.compile(r"[!-~]+")
"""What an HTTP header can carry, without blanks."""
_HIDDEN = "[hidden]"
_SHORTEST = 4
"""Characters of the beginning of a token that are hidden at the end of a text that was cut off."""


class _Secret(msgspec.Struct, frozen=True):
    """A Secret with its values (base64)."""

    data: dict[str, str] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        """Return a text without values."""
        return "_Secret()"


_SECRETS = Kind("api/v1", "secrets", _Secret)


@dataclass(frozen=True)
class Token:
    """A token, whose text is not shown."""

    value: str = field(repr=False)

    def header(self) -> str:
        """Return the value of the header Authorization."""
        return f"Bearer {self.value}"

    def hidden(self, answer: Answer) -> Answer:
        """Return an answer of a server without the token, which a server may repeat in its messages."""
        error = answer.smoke_error
        return replace(
            answer,
            detail=self._without(answer.detail),
            smoke_error=None if error is None else self._without(error),
            tools=frozenset(map(self._without, answer.tools)),
            protocol=self._without(answer.protocol),
        )

    def _without(self, text: str) -> str:
        text = text.replace(self.value, _HIDDEN)
        for length in range(len(self.value) - 1, _SHORTEST - 1, -1):
            if text.endswith(f"{self.value[:length]}…"):
                return f"{text[: -length - 1]}{_HIDDEN}"
        return text


async def read_token(api: ApiClient, namespace: str, declared: BearerToken) -> Reading[Token]:
    """Return the token of a Secret."""
    what = f"read the token {declared.key} of Secret {namespace}/{declared.secret}"
    reading = await api.get(_SECRETS, namespace, declared.secret)
    if isinstance(reading, ReadFailure):
        return replace(reading, what=what)
    if reading.value is None:
        return ReadFailure(what, Reason.FAILED, "the Secret does not exist", seconds=reading.seconds)
    encoded = reading.value.data.get(declared.key)
    if encoded is None:
        return ReadFailure(what, Reason.FAILED, "the Secret has no such key", seconds=reading.seconds)
    try:
        value = base64.b64decode(encoded).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        value = ""
    if not _USABLE.fullmatch(value):
        message = "its value is not a token: it is empty, or has characters that an HTTP header cannot carry"
        return ReadFailure(what, Reason.UNDECODABLE, message, seconds=reading.seconds)
    return Read(Token(value), reading.seconds)
