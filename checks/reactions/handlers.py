"""The handlers of events by reason: our own, and those of other distributions, which replace ours."""

from importlib.metadata import EntryPoint
from typing import cast

from checks.errors import UncheckedError
from checks.extensions import REACTORS, described, extensions, load
from checks.reactions import back_off, node_not_ready, quota, unhealthy
from checks.reactions.failed_scheduling import FailedScheduling
from checks.reactions.reaction import Handler


def handlers() -> dict[str, Handler]:
    """Return the handlers by reason.

    Raises:
        UncheckedError: an extension cannot be loaded, or is not a function.
    """
    own: dict[str, Handler] = {
        "BackOff": back_off.react,
        "FailedCreate": quota.react,
        "FailedScheduling": FailedScheduling(),
        "NodeNotReady": node_not_ready.react,
        "ResourceExhausted": quota.react,
        "Unhealthy": unhealthy.react,
    }
    return own | {reason: _loaded(entry) for reason, entry in extensions(REACTORS).items()}


def _loaded(entry: EntryPoint) -> Handler:
    handler = load(entry)
    if not callable(handler):
        raise UncheckedError(f"{described(entry)} is of type {type(handler).__name__}, not a function")
    return cast("Handler", handler)
