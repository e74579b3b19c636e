"""What a handler of events returns."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from checks.events.occurrence import Occurrence
from checks.kube.client import ApiClient
from checks.results.result import Ref


class Verb(StrEnum):
    """What an agent can do to a cluster, if the stack allows it (`actions`)."""

    CORDON = "cordon"
    RESTART = "restart"


@dataclass(frozen=True)
class Action:
    """A proposed change of the cluster, and its reason."""

    verb: Verb
    object: Ref
    reason: str


@dataclass(frozen=True)
class Reaction:
    """What is behind an event: one sentence, lines of detail, and what could be done."""

    summary: str
    details: tuple[str, ...] = ()
    action: Action | None = None


Handler = Callable[[Occurrence, ApiClient], Awaitable[Reaction | None]]
"""Looks at the cluster as it is now, and changes nothing; None if there is nothing to say."""
