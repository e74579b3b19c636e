"""Puts settings over others: those of a stack file over a preset, or over the file that it extends."""

from collections.abc import Mapping
from typing import TypeAlias, cast

Settings: TypeAlias = Mapping[str, object]
"""A piece of a stack file as YAML gives it."""


def merged(under: object, over: object) -> object:
    """Return `over`, with the entries of `under` that it lacks where both are mappings.

    Mappings are merged down to single values. Lists and single values replace what is under them; `null` removes it.
    """
    if not (isinstance(under, Mapping) and isinstance(over, Mapping)):
        return over
    below, above = cast("Settings", under), cast("Settings", over)
    entries = {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}
    return {key: value for key, value in entries.items() if value is not None or key not in below}
