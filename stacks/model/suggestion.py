"""Names that are similar to a wrong one."""

from collections.abc import Iterable
from difflib import get_close_matches

_CUTOFF = 0.7
"""How similar a name must be, from 0 to 1. With less, `cortex-data` would suggest `cortex-mcp`."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is most similar to this one, whatever its case; None if none is."""
    by_lower = {one.lower(): one for one in known}
    found = get_close_matches(name.lower(), by_lower, n=1, cutoff=_CUTOFF)
    return by_lower[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return a question that names the nearest, or else a sentence that names all; empty if there are none."""
    names = list(known)
    if near := nearest(name, names):
        return f"did you mean {near!r}?"
    return f"known are {', '.join(names)}" if names else ""


def meant(name: str, known: Iterable[str]) -> str:
    """Return the beginning of a way out that asks for the most similar name; empty if none is similar."""
    near = nearest(name, known)
    return f"did you mean {near!r}? Otherwise " if near else ""
