"""The JSON Schema of stack files, for editors and other tools; `cortex schema` prints it."""

import ast
import inspect
import json
from functools import cache
from itertools import pairwise
from textwrap import dedent

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import DictSchema, ModelSchema

from stacks.model.declaration import Declaration
from stacks.model.presets.installed import installed
from stacks.settings.effective import DEFAULTS, PRESET
from stacks.settings.files import EXTENDS, PREFIX

_OTHERS: JsonSchemaValue = {
    EXTENDS: {
        "type": "string",
        "description": "NAME of a file cortex.NAME.yaml with settings under those of this file.",
    },
    DEFAULTS: {"$ref": "#/$defs/Server", "description": "Settings that all MCP servers of the stack share."},
}
"""Settings that say where others come from."""

TITLE = "A stack file of Cortex on Kubernetes (Pulumi.<stack>.yaml)"


class Generator(GenerateJsonSchema):
    """Pydantic's generator with the docstrings of fields and patterns for keys of mappings, and without titles.

    Pydantic would read the docstrings at each start of a program (`use_attribute_docstrings`), which takes 50 ms.
    """

    def field_title_should_be_set(self, _schema: object) -> bool:
        """Return False: a field's name is enough of a title."""
        return False

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """Return a schema with the docstrings under the fields as descriptions."""
        made = super().model_schema(schema)
        cls = schema["cls"]
        for name, text in _docstrings(cls).items():
            made["properties"][cls.model_fields[name].alias or name].setdefault("description", text)
        return made

    def dict_schema(self, schema: DictSchema) -> JsonSchemaValue:
        """Return a schema that refuses keys which do not match; `patternProperties` of pydantic would accept them."""
        made = super().dict_schema(schema)
        for pattern, values in made.pop("patternProperties", {}).items():
            made |= {"propertyNames": {"pattern": pattern}, "additionalProperties": values}
        return made


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings of the fields of a model and its bases, by field name."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            found |= _own_docstrings(base)
    return {name: text for name, text in found.items() if name in model.model_fields}


@cache
def _own_docstrings(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstrings of the fields that a model itself defines."""
    found: dict[str, str] = {}
    (body,) = ast.parse(dedent(inspect.getsource(model))).body
    for field, text in pairwise(body.body if isinstance(body, ast.ClassDef) else ()):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(written))):
                found[name] = inspect.cleandoc(written)
    return found


def render() -> str:
    """Return the schema as JSON text."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def model() -> JsonSchemaValue:
    """Return the schema of a whole declaration."""
    return Declaration.model_json_schema(by_alias=True, schema_generator=Generator)


def document() -> JsonSchemaValue:
    """Return the schema of a whole stack file, which may also have keys of Pulumi and of other projects."""
    declaration = model()
    definitions = declaration["$defs"]
    visited = {id(declaration): declaration}
    required = _required(declaration, definitions, visited)
    for part in visited.values():
        part.pop("required", None)
    definitions["Server"]["properties"] = {PRESET: _preset(), **definitions["Server"]["properties"]}
    properties = {**_OTHERS, **declaration["properties"]}
    settings = {f"{PREFIX}{name}": part for name, part in properties.items()}
    config = {
        "type": "object",
        "description": "Pulumi's settings of the stack.",
        "properties": settings,
        "propertyNames": {"anyOf": [{"enum": sorted(settings)}, {"not": {"pattern": f"^{PREFIX}"}}]},
        # What another file or the defaults may supply is required only where there are none.
        "if": {"not": {"anyOf": [{"required": [f"{PREFIX}{name}"]} for name in _OTHERS]}},
        "then": _of_stack_file(required),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "$defs": definitions,
    }


def _preset() -> JsonSchemaValue:
    # No `enum`: a project's own presets are known only in its folder.
    known = list(installed())
    return {"type": ["string", "null"], "description": "The preset from which it takes settings.", "examples": known}


def _required(
    part: JsonSchemaValue, definitions: JsonSchemaValue, visited: dict[int, JsonSchemaValue]
) -> JsonSchemaValue:
    """Return a schema with only what a part and the mappings inside it require.

    Lists are left out, because a list is taken from one file as a whole.
    """
    if members := [member for member in part.get("anyOf", ()) if member.get("type") != "null"]:
        return _required(members[0], definitions, visited) if len(members) == 1 else {}
    if "$ref" in part:
        part = definitions[part["$ref"].rpartition("/")[2]]
    visited[id(part)] = part
    inside = {name: _required(inner, definitions, visited) for name, inner in part.get("properties", {}).items()}
    others = part.get("additionalProperties")
    others = _required(others, definitions, visited) if isinstance(others, dict) else {}
    found = {
        "required": part.get("required", []),
        "properties": {name: inner for name, inner in inside.items() if inner},
        "additionalProperties": others,
    }
    return {key: value for key, value in found.items() if value}


def _of_stack_file(required: JsonSchemaValue) -> JsonSchemaValue:
    """Return what a stack file requires: of a server only what its preset lacks."""
    servers = required["properties"]["servers"]
    of_server = servers["additionalProperties"]
    names = of_server.pop("required")
    without = {"if": {"not": {"required": [PRESET]}}, "then": {"required": names}}
    with_preset = [
        {
            "if": {"required": [PRESET], "properties": {PRESET: {"const": name}}},
            "then": {"required": [one for one in names if one not in preset.settings]},
        }
        for name, preset in installed().items()
    ]
    servers["additionalProperties"] = {**of_server, "allOf": [without, *with_preset]}
    return {
        "required": [f"{PREFIX}{name}" for name in required["required"]],
        "properties": {f"{PREFIX}{name}": part for name, part in required["properties"].items()},
    }
