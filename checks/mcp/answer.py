"""The outcome of requests to an MCP server, apart from the MCP client, whose import takes a second."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from checks.kube.reading import ReadFailure
from checks.mcp.definition import Definitions
from checks.mcp.plain_error import plain_error
from checks.plain_text import brief

DEADLINE_SECONDS = 15.0
"""Timeout of all requests to one server. The official client exceeds its own limit by 10 s."""
SESSION_HEADER = "mcp-session-id"


class Outcome(StrEnum):
    """The outcome of the requests to a server."""

    ANSWERED = "answered"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    NO_MCP = "no-mcp"
    GATED = "gated"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Answer:
    """The answers of an MCP server.

    `detail` explains every outcome except ANSWERED; `smoke_errors` has the error of each smoke call, None without one.
    """

    outcome: Outcome
    detail: str = ""
    definitions: Definitions = field(default_factory=dict)
    """What it says of its tools."""
    protocol: str = ""
    latency_ms: float = 0.0
    smoke_errors: tuple[str | None, ...] = ()
    sessions: bool = False
    """Whether the server keeps sessions, each in the memory of one pod."""
    versions: "Mapping[str, Answer]" = field(default_factory=dict)
    """How it answers in each declared version of the protocol in which it was asked."""
    lost: bool = False
    """Whether the connection was closed before the answer."""
    distrusted: bool = False
    """Whether the certificate is not trusted."""
    challenge: bool = False
    """Whether a GATED server says that credentials are missing: HTTP 401, or 403 with WWW-Authenticate."""
    seconds: float = 0.0

    @property
    def tools(self) -> frozenset[str]:
        """Return the names of its tools."""
        return frozenset(self.definitions)

    @property
    def failed(self) -> bool:
        """Return whether this is neither an answer nor a refusal for lack of credentials or permissions."""
        return self.outcome in (Outcome.UNREACHABLE, Outcome.TIMEOUT, Outcome.NO_MCP)


@dataclass(frozen=True)
class ServerAnswers:
    """The answers of one MCP server."""

    service: Answer
    """The answer through the Service, or of one pod where only pods can be asked."""
    pods: Mapping[str, Answer] = field(default_factory=dict)
    """The answer of each ready pod, if several are declared or only pods can be asked."""
    anonymous: Answer | None = None
    """The answer to requests without credentials, if the server has to refuse them."""
    unread: ReadFailure | None = None
    """Why the server was not asked with its token."""
    client_refused: str = ""
    """How the authorization server refuses the declared client; empty if it does not."""
    authorities: tuple[str, ...] = ()
    """The authorization servers that a server names which refuses a token of the declared client."""

    @property
    def broken(self) -> frozenset[str]:
        """Return the pods that fail while others do not."""
        failed = frozenset(pod for pod, answer in self.pods.items() if answer.failed)
        return failed if len(failed) < len(self.pods) else frozenset()

    @property
    def sessions(self) -> bool:
        """Return whether the server keeps sessions, for clients of whatever version of the protocol."""
        return any(answer.sessions for answer in (self.service, *self.pods.values()))

    @property
    def seconds(self) -> float:
        """Return how long the slowest answer took."""
        return max(answer.seconds for answer in (self.service, *self.pods.values()))

    def lacking(self, tool: str) -> list[str]:
        """Return the pods that answered without this tool."""
        answered = {pod: answer for pod, answer in self.pods.items() if answer.outcome is Outcome.ANSWERED}
        return sorted(pod for pod, answer in answered.items() if tool not in answer.tools)


NOT_OFFERED = "the server does not offer this tool"
"""The error of a smoke call that cannot be made."""


def smoke_error(texts: Sequence[str], *, failed: bool, complete: bool = True) -> str | None:
    """Return the error of a call from the texts of its result; `complete` if the result has nothing but these texts."""
    if failed:
        return brief(" ".join(texts) or "the tool reported an error without a text")
    error = plain_error(texts) if complete else None
    return brief(error) if error else None
