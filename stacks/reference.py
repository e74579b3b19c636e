"""The reference of all settings, made from the model; `python -m stacks.reference > docs/settings.md` renews it."""

import json
from collections.abc import Iterator, Sequence

from pydantic.json_schema import JsonSchemaValue

from stacks.model.types import LARGEST
from stacks.schema import model
from stacks.settings.effective import DEFAULTS, PRESET
from stacks.settings.files import EXTENDS, PREFIX

_HEAD = f"""\
# Settings

Every setting of a stack file. This file is generated from the model: edit the docstrings there, and run `python -m
stacks.reference > docs/settings.md`. [declaration.md](declaration.md) explains how the parts belong together. Besides
these, a stack file may have `{PREFIX}{EXTENDS}` and `{PREFIX}{DEFAULTS}`, and a server `{PRESET}`
([how settings are merged](declaration.md#how-settings-are-merged)).
"""


_ANY = "JsonValue"
"""The definition of a value that Kubernetes defines, not the stack file."""


def render() -> str:
    """Return the reference as Markdown."""
    schema = model()
    definitions = schema["$defs"]
    places: dict[str, str] = {}
    _find(schema, PREFIX, definitions, places)
    parts = [_HEAD, "## A stack file\n", *_table(schema, definitions, PREFIX)]
    for name, place in places.items():
        parts += [
            f"\n## {name}\n",
            f"`{place}`: {_cell(definitions[name]['description'])}\n",
            *_table(definitions[name], definitions),
        ]
    return "\n".join(parts) + "\n"


def _find(part: JsonSchemaValue, place: str, definitions: JsonSchemaValue, places: dict[str, str]) -> None:
    """Put the first place of each definition in or below a part, in the order of the settings."""
    below = []
    for name, setting in part.get("properties", {}).items():
        for reference, where in _references(setting, f"{place}{name}"):
            if reference not in places:
                places[reference] = where
                below.append(reference)
    for reference in below:
        _find(definitions[reference], f"{places[reference]}.", definitions, places)


def _references(setting: JsonSchemaValue, place: str) -> Iterator[tuple[str, str]]:
    if "$ref" in setting and _name(setting) != _ANY:
        yield _name(setting), place
    for member in _kinds(setting):
        yield from _references(member, place)
    if isinstance(setting.get("items"), dict):
        yield from _references(setting["items"], f"{place}[]")
    if isinstance(setting.get("additionalProperties"), dict):
        yield from _references(setting["additionalProperties"], f"{place}.NAME")


def _kinds(setting: JsonSchemaValue) -> Sequence[JsonSchemaValue]:
    """Return the kinds of values that a setting can have, if there are several."""
    found: Sequence[JsonSchemaValue] = setting.get("anyOf") or setting.get("oneOf") or ()
    return found


def _table(part: JsonSchemaValue, definitions: JsonSchemaValue, prefix: str = "") -> Iterator[str]:
    yield "| setting | type | default | meaning |\n|---|---|---|---|"
    for name, setting in part["properties"].items():
        cells = (
            f"`{prefix}{name}`",
            _type(setting),
            _default(name, part, definitions),
            _cell(setting.get("description", "")),
        )
        yield f"| {' | '.join(cells)} |"


def _type(setting: JsonSchemaValue) -> str:
    if "$ref" in setting and _name(setting) == _ANY:
        return "anything"
    if "$ref" in setting:
        return f"[{_name(setting)}](#{_name(setting).lower()})"
    if members := [member for member in _kinds(setting) if member.get("type") != "null"]:
        return " or ".join(dict.fromkeys(map(_type, members)))
    if "enum" in setting:
        return ", ".join(f"`{choice}`" for choice in setting["enum"])
    match setting.get("type"):
        case "array":
            return f"list of {_type(setting['items'])}"
        case "object":
            others = setting.get("additionalProperties")
            return f"name → {_type(others)}" if isinstance(others, dict) else "mapping"
        case "integer" | "number":
            return _number(setting)
        case "boolean":
            return "`true` or `false`"
        case _:
            return "text"


def _number(setting: JsonSchemaValue) -> str:
    least, most = setting.get("minimum"), setting.get("maximum")
    upper = f" to {most}" if most not in (None, LARGEST) else ""
    return f"number from {least}{upper}" if least is not None else f"number{upper}"


def _default(name: str, part: JsonSchemaValue, definitions: JsonSchemaValue) -> str:
    if name in part.get("required", ()):
        return "required"
    setting = part["properties"][name]
    if "$ref" in setting and "required" not in definitions[_name(setting)]:
        return "as there"
    default = setting.get("default")
    return f"`{_cell(json.dumps(default, ensure_ascii=False))}`" if default or default in (0, False) else ""


def _name(reference: JsonSchemaValue) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    import sys

    sys.stdout.write(render())
