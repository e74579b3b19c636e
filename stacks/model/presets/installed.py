"""The presets that are installed: those of this project, and those of other distributions."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from types import MappingProxyType, ModuleType
from typing import NamedTuple, cast

from pydantic import TypeAdapter, ValidationError

from stacks.errors import DeclarationError
from stacks.model import presets as own
from stacks.model.presets.merge import Settings
from stacks.model.server import Server, ServerType
from stacks.model.validation_errors import sentences
from stacks.model.yaml_text import parse_yaml

GROUP = "cortex.presets"
"""Entry points: each names a package folder with `<type>.yaml` files, or a mapping of type → YAML text."""

_EXTENSION = ".yaml"
_OWN = "cortex-on-kubernetes"
_COMPLETION = {"image": "registry.invalid/image:1", "version": "1", "transport": "http", "capabilities": {"any": []}}
"""What a preset may leave to the stack file."""


class _Text(NamedTuple):
    """A preset as it was found."""

    kind: str
    text: str
    provider: str
    """The distribution."""

    @property
    def title(self) -> str:
        return f"preset {self.kind!r} of {self.provider}"


@cache
def installed() -> Mapping[str, Settings]:
    """Return the preset of each type of MCP server that has one, in the order of the types.

    Raises:
        DeclarationError: an entry point cannot be loaded, a preset breaks a rule, or a type has two presets.
    """
    return read(entry_points(group=GROUP))


def read(points: Iterable[EntryPoint]) -> Mapping[str, Settings]:
    """Return this project's presets and those of entry points; see `installed`."""
    found = [*_texts(own, _OWN)]
    for point in points:
        found += _provided(point)
    by_kind: dict[str, _Text] = {}
    for one in found:
        if (other := by_kind.setdefault(one.kind, one)) is not one:
            raise DeclarationError(
                f"preset {one.kind!r} is in {other.provider} and in {one.provider}: "
                "uninstall one of them, or give its preset another name"
            )
    return MappingProxyType({kind: _valid(by_kind[kind]) for kind in sorted(by_kind)})


def _provided(point: EntryPoint) -> Iterator[_Text]:
    provider = point.dist.name if point.dist else point.value
    try:
        source = point.load()
    except (ImportError, AttributeError) as error:
        raise DeclarationError(
            f"the presets of {provider} cannot be loaded ({error}): "
            f"correct its entry point {point.name!r}, or uninstall it"
        ) from error
    if not (isinstance(source, Mapping) or (isinstance(source, ModuleType) and hasattr(source, "__path__"))):
        raise DeclarationError(
            f"the presets of {provider} are a {type(source).__name__}: let its entry point {point.name!r} name a "
            "package with YAML files, or a mapping of server type to YAML text"
        )
    return _texts(source, provider)


def _texts(source: ModuleType | Mapping[object, object], provider: str) -> Iterator[_Text]:
    if isinstance(source, Mapping):
        yield from (_Text(str(kind), str(text), provider) for kind, text in source.items())
        return
    for file in files(source).iterdir():
        if file.name.endswith(_EXTENSION):
            kind = file.name.removesuffix(_EXTENSION)
            try:
                yield _Text(kind, file.read_text(encoding="utf-8"), provider)
            except (OSError, UnicodeDecodeError) as error:
                raise DeclarationError(
                    f"preset {kind!r} of {provider}: cannot be read as UTF-8 text ({error})"
                ) from error


def _valid(found: _Text) -> Settings:
    try:
        preset = parse_yaml(found.text)
        TypeAdapter(ServerType).validate_python(found.kind)
        if not isinstance(preset, dict):
            raise DeclarationError(f"{found.title}: must be a mapping of settings")
        Server.model_validate({**_COMPLETION, **preset})
    except ValidationError as error:
        raise DeclarationError("\n".join(f"{found.title}: {line}" for line in sentences(error))) from error
    except ValueError as error:
        raise DeclarationError(f"{found.title}: {error}") from error
    return cast("Settings", preset)
