"""Puts presets under the servers of a stack file."""

from collections.abc import Mapping
from typing import TypeAlias, cast

Settings: TypeAlias = Mapping[str, object]
"""A piece of a stack file as YAML gives it."""


def completed(settings: Settings, presets: Mapping[str, Settings]) -> Settings:
    """Return a stack's settings with each server's preset put under what the file says of the server.

    The two are merged down to single values and lists. The file wins, and `null` there removes an entry of the preset.
    Values of the wrong shape stay as they are, for the model to refuse.
    """
    servers = settings.get("servers")
    if not isinstance(servers, dict):
        return settings
    return {**settings, "servers": {kind: merged(presets.get(kind), server) for kind, server in servers.items()}}


def merged(under: object, over: object) -> object:
    """Return `over`, with the entries of `under` that it lacks where both are mappings."""
    if not (isinstance(under, Mapping) and isinstance(over, Mapping)):
        return over
    below, above = cast("Settings", under), cast("Settings", over)
    entries = {**below, **{key: merged(below.get(key), value) for key, value in above.items()}}
    return {key: value for key, value in entries.items() if value is not None or key not in below}
