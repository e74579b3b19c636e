"""The settings of a stack as YAML, each with the place where it is written."""

from collections.abc import Iterator, Mapping
from typing import cast

from stacks.model.presets.merge import Settings
from stacks.model.yaml_text import yaml_of
from stacks.settings.effective import Effective
from stacks.settings.layers import Path
from stacks.validation.clear_secrets import looks_secret

_INDENT = "  "
_HIDDEN = "[hidden]"


def listing(effective: Effective) -> str:
    """Return the settings as YAML; a comment says where a setting is from, if it is not in the stack file."""
    stack_file = effective.layered.layers[0].source.label
    lines = _lines(effective, effective.settings, ())
    return "\n".join([f"# What has no comment is in {stack_file}.", *lines]) + "\n"


def _lines(effective: Effective, settings: Settings, above: Path) -> Iterator[str]:
    for key, value in settings.items():
        path, indent = (*above, key), _INDENT * len(above)
        if isinstance(value, Mapping) and value:
            yield indent + yaml_of({key: None}).removesuffix(" null\n")
            yield from _lines(effective, cast("Settings", value), path)
            continue
        first, *others = yaml_of({key: _HIDDEN if _is_secret(path, value) else value}).splitlines()
        yield f"{indent}{first}{_comment(effective, path)}"
        yield from (f"{indent}{line}" if line else "" for line in others)


def _is_secret(path: Path, value: object) -> bool:
    """Check whether a variable of a server or of the defaults looks like a secret in the clear."""
    return isinstance(value, str) and path[-2:-1] == ("env",) and looks_secret(path[-1], value)


def _comment(effective: Effective, path: Path) -> str:
    source = effective.layered.source(path)
    return "" if source is effective.layered.layers[0].source else f"  # {source.label}"
