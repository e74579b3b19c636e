"""The presets: those of this distribution, those of other distributions, and those in the folder of a project."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from pathlib import Path
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
"""Entry points: each names a package with `<name>.yaml` files, or a mapping of name → YAML text."""

FOLDER = "presets"
"""The folder beside the stack files that has the project's own presets."""

_EXTENSION = ".yaml"
_OWN = "cortex-on-kubernetes"
_COMPLETION = {"image": "registry.invalid/image:1", "version": "1", "transport": "http", "capabilities": {"any": []}}
"""What a preset may leave to the stack file."""


class _Text(NamedTuple):
    """A preset as it was found."""

    name: str
    text: str
    provider: str
    """The distribution, or the file."""

    @property
    def title(self) -> str:
        return f"preset {self.name!r} of {self.provider}"


class Preset(NamedTuple):
    """Settings of a server that stack files take by their name."""

    settings: Settings
    text: str
    """The YAML."""
    provider: str
    """The distribution that has it, or its file in the project's folder."""

    @property
    def title(self) -> str:
        """Return the first sentence of the comment at its top; empty if there is none."""
        first = self.text.partition("\n")[0]
        return first.removeprefix("#").strip().partition(". ")[0].rstrip(".") if first.startswith("#") else ""


Presets = Mapping[str, Preset]
"""Presets by name."""


@cache
def installed() -> Presets:
    """Return the presets of this project and of other distributions, in the order of their names.

    Raises:
        DeclarationError: an entry point cannot be loaded, a preset breaks a rule, or two have the same name.
    """
    return read(entry_points(group=GROUP))


def available(root: Path) -> Presets:
    """Return the installed presets, and those in the folder `presets` of a project.

    Raises:
        DeclarationError: see `installed`.
    """
    own = sorted((root / FOLDER).glob(f"*{_EXTENSION}"))
    if not own:
        return installed()
    return _unique([*installed().items(), *((one.name, _preset(one)) for one in map(_of_file, own))])


def read(points: Iterable[EntryPoint]) -> Presets:
    """Return this project's presets and those of entry points; see `installed`."""
    found = [*_texts(own, _OWN)]
    for point in points:
        found += _provided(point)
    return _unique([(one.name, _preset(one)) for one in found])


def _unique(found: Sequence[tuple[str, Preset]]) -> Presets:
    by_name: dict[str, Preset] = {}
    for name, one in found:
        if (other := by_name.setdefault(name, one)) is not one:
            raise DeclarationError(
                f"preset {name!r} is in {other.provider} and in {one.provider}: "
                "remove one of them, or give it another name"
            )
    return MappingProxyType({name: by_name[name] for name in sorted(by_name)})


def _of_file(file: Path) -> _Text:
    name, provider = file.name.removesuffix(_EXTENSION), f"{FOLDER}/{file.name}"
    try:
        return _Text(name, file.read_text(encoding="utf-8"), provider)
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"preset {name!r} of {provider}: cannot be read as UTF-8 text ({error})") from error


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
            "package with YAML files, or a mapping of name to YAML text"
        )
    return _texts(source, provider)


def _texts(source: ModuleType | Mapping[object, object], provider: str) -> Iterator[_Text]:
    if isinstance(source, Mapping):
        yield from (_Text(str(name), str(text), provider) for name, text in source.items())
        return
    for file in files(source).iterdir():
        if file.name.endswith(_EXTENSION):
            name = file.name.removesuffix(_EXTENSION)
            try:
                yield _Text(name, file.read_text(encoding="utf-8"), provider)
            except (OSError, UnicodeDecodeError) as error:
                raise DeclarationError(
                    f"preset {name!r} of {provider}: cannot be read as UTF-8 text ({error})"
                ) from error


def _preset(found: _Text) -> Preset:
    try:
        settings = parse_yaml(found.text)
        TypeAdapter(ServerType).validate_python(found.name)
        if not isinstance(settings, dict):
            raise DeclarationError(f"{found.title}: must be a mapping of settings")
        Server.model_validate({**_COMPLETION, **settings})
    except ValidationError as error:
        raise DeclarationError("\n".join(f"{found.title}: {line}" for line in sentences(error, Server))) from error
    except ValueError as error:
        raise DeclarationError(f"{found.title}: {error}") from error
    return Preset(cast("Settings", settings), found.text, found.provider)
