"""Settings from several places, one over the other, and where each of them was written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from stacks.model.presets.merge import Settings, merged

Path = tuple[str, ...]
"""The keys that lead to a setting."""


@dataclass(frozen=True)
class Source:
    """A place where settings are written."""

    label: str
    """Its name in listings: `cortex.base.yaml`, `defaults`, `preset talos`."""
    begin: str
    """How a line about a fault there begins, such as `Pulumi.prod.yaml: cortex:`."""
    strip: str = ""
    """The part of the paths in the declaration that the paths at this place do not have."""

    def line(self, fault: str) -> str:
        """Return the line about a fault, which is `path: what is wrong`."""
        return f"{self.begin}{fault.removeprefix(self.strip)}"


@dataclass(frozen=True)
class Layer:
    """Settings of one place, at their paths in the declaration."""

    source: Source
    settings: Settings


@dataclass(frozen=True)
class Layered:
    """Layers, the strongest first: a setting is taken from the first layer that has it."""

    layers: Sequence[Layer]

    @cached_property
    def settings(self) -> Settings:
        """Return the layers as one."""
        settings: object = {}
        for layer in reversed(self.layers):
            settings = merged(settings, layer.settings)
        return cast("Settings", settings)

    def line(self, fault: str) -> str:
        """Return the line about a fault `path: what is wrong`, with the place where the setting is written."""
        return self.source(self._path(fault.partition(" ")[0].removesuffix(":"))).line(fault)

    def source(self, path: Path) -> Source:
        """Return where the setting at a path is written; of a mapping, the strongest of the places."""
        return next(layer.source for layer in self.layers if _has(layer.settings, path))

    def _path(self, dotted: str) -> Path:
        """Return the keys of a dotted path, as far as the settings have it; keys may contain dots."""
        path: list[str] = []
        place: object = self.settings
        while isinstance(place, Mapping) and dotted:
            known = [str(key) for key in place if dotted == key or dotted.startswith(f"{key}.")]
            if not known:
                break
            key = max(known, key=len)
            path.append(key)
            place, dotted = cast("Settings", place)[key], dotted.removeprefix(key).removeprefix(".")
        return tuple(path)


def _has(settings: object, path: Path) -> bool:
    for key in path:
        if not (isinstance(settings, Mapping) and key in settings):
            return False
        settings = cast("Settings", settings)[key]
    return True
