"""The JSON Schema of stack files, for editors and other tools; `cortex schema` prints it."""

import ast
import inspect
import json
from itertools import pairwise
from textwrap import dedent

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import DictSchema, ModelSchema

from stacks.loader import PREFIX
from stacks.model.declaration import Declaration
from stacks.model.presets.installed import installed

TITLE = "A stack file of Cortex on Kubernetes (Pulumi.<stack>.yaml)"


class _Generator(GenerateJsonSchema):
    """Pydantic's generator with the docstrings of fields and patterns for keys of mappings, and without titles.

    Pydantic would read the docstrings at each start of a program (`use_attribute_docstrings`), which takes 50 ms.
    """

    def field_title_should_be_set(self, _schema: object) -> bool:
        """Return False: a field's name is enough of a title."""
        return False

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """Return a schema with the docstrings under the fields as descriptions."""
        made = super().model_schema(schema)
        model = schema["cls"]
        for name, text in _docstrings(model).items():
            made["properties"][model.model_fields[name].alias or name].setdefault("description", text)
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
            (body,) = ast.parse(dedent(inspect.getsource(base))).body
            for field, text in pairwise(body.body if isinstance(body, ast.ClassDef) else ()):
                match field, text:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(written))):
                        found[name] = inspect.cleandoc(written)
    return {name: text for name, text in found.items() if name in model.model_fields}


def render() -> str:
    """Return the schema as JSON text."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def document() -> JsonSchemaValue:
    """Return the schema of a whole stack file, which may also have keys of Pulumi and of other projects."""
    model = Declaration.model_json_schema(by_alias=True, schema_generator=_Generator)
    _ease_presets(model["properties"]["servers"], model["$defs"]["Server"])
    settings = {f"{PREFIX}{name}": part for name, part in model["properties"].items()}
    config = {
        "type": "object",
        "description": "Pulumi's settings of the stack.",
        "properties": settings,
        "required": [f"{PREFIX}{name}" for name in model["required"]],
        "propertyNames": {"anyOf": [{"enum": sorted(settings)}, {"not": {"pattern": f"^{PREFIX}"}}]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": TITLE,
        "type": "object",
        "properties": {"config": config},
        "required": ["config"],
        "$defs": model["$defs"],
    }


def _ease_presets(servers: JsonSchemaValue, server: JsonSchemaValue) -> None:
    """Require of a server that has a preset only what the preset lacks."""
    required = server.pop("required")
    reference = servers["additionalProperties"]
    servers["additionalProperties"] = {**reference, "required": required}
    servers["properties"] = {
        kind: {**reference, "required": [name for name in required if name not in preset]}
        for kind, preset in installed().items()
    }
