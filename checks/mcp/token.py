"""The token with which an MCP server is asked, and the Secret of it. It enters no result, message or log."""

import base64
import binascii
import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, cast

import msgspec

from checks.hiding import Hiding
from checks.kube.client import ApiClient, Kind
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.mcp.answer import Answer
from stacks.model.authorization import SecretValue

if TYPE_CHECKING:
    from checks.mcp.definition import Definitions

_USABLE = re.compile(r"[!-~]+")
"""What an HTTP header can carry, without blanks."""


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
        return replace(
            answer,
            detail=self.without(answer.detail),
            smoke_errors=tuple(error and self.without(error) for error in answer.smoke_errors),
            definitions=cast("Definitions", self.hidden_in(answer.definitions)),
            protocol=self.without(answer.protocol),
            versions={version: self.hidden(each) for version, each in answer.versions.items()},
        )

    def without(self, text: str) -> str:
        """Return a text of the server, which may have been cut off, without the token, in whatever encoding."""
        return self._hiding.without(text)

    @cached_property
    def _hiding(self) -> Hiding:
        return Hiding(self.value.encode())

    def hidden_in(self, value: object) -> object:
        """Return a JSON value of the server without the token."""
        if isinstance(value, str):
            return self.without(value)
        if isinstance(value, dict):
            return {self.without(str(key)): self.hidden_in(each) for key, each in value.items()}
        return [self.hidden_in(each) for each in value] if isinstance(value, list) else value


async def read_token(api: ApiClient, namespace: str, declared: SecretValue) -> Reading[Token]:
    """Return the token of a Secret."""
    what = f"read the token {declared.key} of Secret {namespace}/{declared.secret}"
    reading = await read_value(api, namespace, declared, what)
    return usable(reading, what) if isinstance(reading, Read) else reading


def usable(given: Read[str], what: str) -> Reading[Token]:
    """Return a text as a token, if an HTTP header can carry it."""
    if not _USABLE.fullmatch(given.value):
        message = "its value is not a token: it is empty, or has characters that an HTTP header cannot carry"
        return ReadFailure(what, Reason.UNDECODABLE, message, seconds=given.seconds)
    return Read(Token(given.value), given.seconds)


async def read_value(api: ApiClient, namespace: str, declared: SecretValue, what: str) -> Reading[str]:
    """Return a value of a Secret without blanks around it; empty if it is not text."""
    reading = await api.get(_SECRETS, namespace, declared.secret)
    if isinstance(reading, ReadFailure):
        return replace(reading, what=what)
    if reading.value is None:
        return ReadFailure(what, Reason.FAILED, "the Secret does not exist", seconds=reading.seconds)
    encoded = reading.value.data.get(declared.key)
    if encoded is None:
        return ReadFailure(what, Reason.FAILED, "the Secret has no such key", seconds=reading.seconds)
    try:
        return Read(base64.b64decode(encoded).decode().strip(), reading.seconds)
    except (binascii.Error, UnicodeDecodeError):
        return Read("", reading.seconds)
