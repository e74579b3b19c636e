"""Reads the stack file, and the files that it extends."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

from stacks.errors import DeclarationError
from stacks.model.presets.merge import Settings
from stacks.model.suggestion import did_you_mean
from stacks.model.yaml_text import parse_yaml
from stacks.settings.layers import Layer, Source

PREFIX = "cortex:"
"""The Pulumi project's name, with which its settings begin in a stack file."""

EXTENDS = "extends"
"""The setting that names another file, over which this one lies: `base` is the file cortex.base.yaml beside it."""


def read_files(path: Path) -> list[Layer]:
    """Return the settings of a stack file, then those of the files that it extends, one after the other.

    Raises:
        DeclarationError: a file is missing or not readable YAML, or extends itself.
    """
    return list(_chain(path))


def _chain(path: Path) -> Iterator[Layer]:
    layer = Layer(Source(path.name, f"{path.name}: {PREFIX}"), _of_stack(read_text(path), path.name))
    seen = [path.name]
    yield layer
    while (name := layer.settings.get(EXTENDS)) is not None:
        base = _base(name, layer, path.parent)
        if base.name in seen:
            way = " → ".join([*seen[seen.index(base.name) :], base.name])
            raise DeclarationError(layer.source.line(f"{EXTENDS}: the files extend each other ({way}): remove one"))
        seen.append(base.name)
        layer = Layer(Source(base.name, f"{base.name}: "), _of_base(read_text(base), base.name))
        yield layer


def _base(name: object, layer: Layer, folder: Path) -> Path:
    known = {file.name.removeprefix("cortex.").removesuffix(".yaml"): file for file in folder.glob("cortex.*.yaml")}
    if isinstance(name, str) and name in known:
        return known[name]
    if not isinstance(name, str):
        raise DeclarationError(layer.source.line(f"{EXTENDS}: must be a name: `base` is the file cortex.base.yaml"))
    hint = did_you_mean(name, known) or "create it, or correct the name"
    raise DeclarationError(layer.source.line(f"{EXTENDS}: there is no file cortex.{name}.yaml in {folder}: {hint}"))


def read_text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        DeclarationError: it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise DeclarationError(
            f"{path.name}: cannot be read ({error.strerror}): correct the file or its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise DeclarationError(f"{path.name}: is not UTF-8 text: save it as UTF-8") from error


def _parsed(text: str, source: str) -> object:
    try:
        return parse_yaml(text)
    except ValueError as error:
        raise DeclarationError(f"{source}: {error}") from error


def _of_stack(text: str, source: str) -> Settings:
    document = _parsed(text, source)
    config = document.get("config") if isinstance(document, dict) else None
    if not isinstance(config, dict):
        raise DeclarationError(f"{source}: has no 'config:' section: declare the cluster there under {PREFIX}cluster")
    items = cast("dict[object, object]", config).items()
    return {str(k).removeprefix(PREFIX): v for k, v in items if str(k).startswith(PREFIX)}


def _of_base(text: str, source: str) -> Settings:
    document = _parsed(text, source)
    if not isinstance(document, dict):
        raise DeclarationError(f"{source}: must be a mapping of settings, such as `servers:`")
    for key in document:
        if key == "config" or str(key).startswith(PREFIX):
            raise DeclarationError(f"{source}: {key}: this is no stack file: write the settings without {PREFIX}")
    return cast("Settings", document)
