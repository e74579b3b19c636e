"""The presets: those of this distribution, those of other distributions, and those in the folder of a project."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import cast

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


@dataclass(frozen=True)
class Preset:
    """Settings of a server that stack files take by their name."""

    name: str
    text: str
    """The YAML."""
    provider: str
    """The distribution that has it, or its file in the project's folder."""

    @property
    def title(self) -> str:
        """Return the first sentence of the comment at its top; empty if there is none."""
        first = self.text.partition("\n")[0]
        return first.removeprefix("#").strip().partition(". ")[0].rstrip(".") if first.startswith("#") else ""

    @cached_property
    def settings(self) -> Settings:
        """Return the settings.

        Raises:
            DeclarationError: they break a rule.
        """
        place = f"preset {self.name!r} of {self.provider}"
        try:
            settings = parse_yaml(self.text)
            TypeAdapter(ServerType).validate_python(self.name)
            if not isinstance(settings, dict):
                raise DeclarationError(f"{place}: must be a mapping of settings")
            Server.model_validate({**_COMPLETION, **settings})
        except ValidationError as error:
            raise DeclarationError("\n".join(f"{place}: {line}" for line in sentences(error, Server))) from error
        except ValueError as error:
            raise DeclarationError(f"{place}: {error}") from error
        return cast("Settings", settings)


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
    files_here = sorted((root / FOLDER).glob(f"*{_EXTENSION}"))
    return _unique([*installed().values(), *_checked(map(_of_file, files_here))]) if files_here else installed()


def read(points: Iterable[EntryPoint]) -> Presets:
    """Return this project's presets and those of entry points; see `installed`."""
    others = [preset for point in points for preset in _provided(point)]
    # Reading all of our own at each start takes 20 ms; the tests check them.
    return _unique([*_texts(own, _OWN), *_checked(others)])


def _checked(presets: Iterable[Preset]) -> Iterator[Preset]:
    """Yield presets that break no rule."""
    for preset in presets:
        _ = preset.settings
        yield preset


def _unique(found: Iterable[Preset]) -> Presets:
    by_name: dict[str, Preset] = {}
    for one in found:
        if (other := by_name.setdefault(one.name, one)) is not one:
            raise DeclarationError(
                f"preset {one.name!r} is in {other.provider} and in {one.provider}: "
                "remove one of them, or give it another name"
            )
    return MappingProxyType({name: by_name[name] for name in sorted(by_name)})


def _of_file(file: Path) -> Preset:
    name, provider = file.name.removesuffix(_EXTENSION), f"{FOLDER}/{file.name}"
    try:
        return Preset(name, file.read_text(encoding="utf-8"), provider)
    except (OSError, UnicodeDecodeError) as error:
        raise DeclarationError(f"preset {name!r} of {provider}: cannot be read as UTF-8 text ({error})") from error


def _provided(point: EntryPoint) -> Iterator[Preset]:
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


def _texts(source: ModuleType | Mapping[object, object], provider: str) -> Iterator[Preset]:
    if isinstance(source, Mapping):
        yield from (Preset(str(name), str(text), provider) for name, text in source.items())
        return
    for file in files(source).iterdir():
        if file.name.endswith(_EXTENSION):
            name = file.name.removesuffix(_EXTENSION)
            try:
                yield Preset(name, file.read_text(encoding="utf-8"), provider)
            except (OSError, UnicodeDecodeError) as error:
                raise DeclarationError(
                    f"preset {name!r} of {provider}: cannot be read as UTF-8 text ({error})"
                ) from error
