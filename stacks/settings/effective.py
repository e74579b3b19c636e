"""Puts the defaults and the presets of a stack under what its files say of each server."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from stacks.model.presets.installed import Presets
from stacks.model.presets.merge import Settings, merged
from stacks.model.suggestion import did_you_mean
from stacks.settings.files import EXTENDS
from stacks.settings.layers import Layer, Layered, Source

DEFAULTS = "defaults"
"""The setting with what all servers share."""

PRESET = "preset"
"""The setting of a server that names its preset."""

SERVERS = "servers"


@dataclass(frozen=True)
class Effective:
    """What a stack's files, defaults and presets come to."""

    layered: Layered
    written: Settings
    """What the files alone come to; its order is that of the settings."""
    faults: Sequence[str]
    """What is wrong with presets and defaults, as `path: what is wrong`."""
    unused: Mapping[str, str]
    """Servers that have the name of a preset and do not use it → a sentence for each."""

    @property
    def settings(self) -> dict[str, object]:
        """Return the settings of the declaration, without those that only say where others come from."""
        whole = self.layered.settings
        settings = {key: whole[key] for key in self.written if key not in (EXTENDS, DEFAULTS)}
        if servers := _mapping(settings.get(SERVERS)):
            settings[SERVERS] = {kind: _without_preset(servers[kind]) for kind in _mapping(self.written[SERVERS])}
        return settings


def effective(files: Sequence[Layer], presets: Presets) -> Effective:
    """Return the settings of a stack from its files, the strongest first.

    Of each server, its own settings are over the defaults, and these over its preset. Values of the wrong shape stay as
    they are, for the model to refuse.
    """
    written = Layered(files).settings
    shared = _mapping(written.get(DEFAULTS))
    layers, faults, unused = [*files], [*_wrong_defaults(written)], {}
    for kind, server in _mapping(written.get(SERVERS)).items():
        if not isinstance(server, Mapping):
            continue
        layers += _defaults(kind, files)
        name = _mapping(merged(shared, server)).get(PRESET)
        if isinstance(name, str) and name in presets:
            begin = files[0].source.line(f"{SERVERS}.{kind}: preset {name}: ")
            layers.append(_of_server(kind, presets[name].settings, f"preset {name}", begin))
        elif name is not None:
            faults.append(f"{SERVERS}.{kind}.{PRESET}: {_unknown(name, presets)}")
        elif kind in presets and not _says_preset(kind, files):
            unused[kind] = (
                f"{SERVERS}.{kind}: has the name of a preset, but does not use it: "
                f"write `preset: {kind}`, or `preset: null` to keep it so"
            )
    return Effective(Layered(layers), written, faults, unused)


def _says_preset(kind: str, files: Sequence[Layer]) -> bool:
    """Check whether a file has the setting, if only as `null`."""
    return any(PRESET in _mapping(_mapping(file.settings.get(SERVERS)).get(kind)) for file in files)


def _wrong_defaults(settings: Settings) -> Iterator[str]:
    if not isinstance(settings.get(DEFAULTS, {}), Mapping):
        yield f"{DEFAULTS}: must be a mapping of settings of a server"


def _defaults(kind: str, files: Sequence[Layer]) -> Iterator[Layer]:
    for index, file in enumerate(files):
        if defaults := _mapping(file.settings.get(DEFAULTS)):
            label = f"{DEFAULTS} of {file.source.label}" if index else DEFAULTS
            yield _of_server(kind, defaults, label, f"{file.source.begin}{DEFAULTS}.")


def _of_server(kind: str, settings: Settings, label: str, begin: str) -> Layer:
    return Layer(Source(label, begin, f"{SERVERS}.{kind}."), {SERVERS: {kind: settings}})


def _unknown(name: object, presets: Presets) -> str:
    if not isinstance(name, str):
        return "must be the name of a preset: `cortex preset list` shows them"
    hint = did_you_mean(name, presets)
    known = f" Known are {', '.join(presets)}" if hint.startswith("did") else ""
    return f"there is no preset {name!r}: {hint}{known}"


def _mapping(value: object) -> Settings:
    return cast("Settings", value) if isinstance(value, Mapping) else {}


def _without_preset(server: object) -> object:
    if not isinstance(server, Mapping):
        return server
    return {key: value for key, value in cast("Settings", server).items() if key != PRESET}
