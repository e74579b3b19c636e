"""Make what a handler returned fit for a log, a terminal and a message."""

from dataclasses import replace

from checks.plain_text import clean, shortened
from checks.reactions.reaction import Action, Reaction, Verb
from checks.results.result import Ref

MOST_CHARACTERS = 500
"""Characters of the summary and of each line."""
MOST_LINES = 150
"""Lines of detail."""


def fitted(found: object) -> Reaction | None:
    """Return a reaction of a bounded size, without characters that could control a terminal.

    Raises:
        TypeError: it is not a reaction, or a part of it has another type than declared.
    """
    if found is None:
        return None
    if not (isinstance(found, Reaction) and isinstance(found.summary, str)):
        raise TypeError("not a Reaction")
    if not (isinstance(found.details, tuple) and all(isinstance(line, str) for line in found.details)):
        raise TypeError("the details are not texts")
    if found.action is not None and not _is_action(found.action):
        raise TypeError("not an Action")
    lines = found.details[:MOST_LINES]
    if more := len(found.details) - len(lines):
        lines = (*lines, f"and {more} more lines")
    return replace(found, summary=_line(found.summary), details=tuple(map(_line, lines)))


def _is_action(action: object) -> bool:
    return (
        isinstance(action, Action)
        and isinstance(action.verb, Verb)
        and isinstance(action.object, Ref)
        and isinstance(action.reason, str)
    )


def _line(text: str) -> str:
    return shortened(clean(text), MOST_CHARACTERS)
