"""The messages of MCP 2026-07-28 that the check reads, as strict as the types of the official SDK.

Importing the SDK takes half a second. If these types reject a message, the SDK decides whether it is valid.
"""

from typing import Annotated, Literal

import msgspec

from checks.mcp.definition import Definition, definition

VERSION = "2026-07-28"
NEVER = None
"""The type of a field that only the SDK handles: a message that has it is left to the SDK."""

_Free = dict[str, msgspec.Raw]
_Milliseconds = Annotated[int, msgspec.Meta(ge=0)]


class _Message(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A structure of the protocol; other fields are not read."""


class _Icon(_Message, frozen=True, kw_only=True):
    src: str
    mime_type: str | None = None
    sizes: list[str] | None = None
    theme: Literal["dark", "light"] | None = None


class _Result(_Message, frozen=True, kw_only=True):
    meta: _Free | None = msgspec.field(default=None, name="_meta")
    result_type: Literal["complete"]


class _Cacheable(_Result, frozen=True, kw_only=True):
    ttl_ms: _Milliseconds
    cache_scope: Literal["private", "public"]


class _Offer(_Message, frozen=True, kw_only=True):
    list_changed: bool | None = None
    subscribe: bool | None = None


class _Capabilities(_Message, frozen=True, kw_only=True):
    completions: _Free | None = None
    experimental: dict[str, _Free] | None = None
    extensions: dict[str, _Free] | None = None
    logging: _Free | None = None
    prompts: _Offer | None = None
    resources: _Offer | None = None
    tools: _Offer | None = None
    tasks: None = NEVER


class Discovered(_Cacheable, frozen=True, kw_only=True):
    """The result of server/discover."""

    supported_versions: list[str]
    capabilities: _Capabilities
    instructions: str | None = None


class _Hints(_Message, frozen=True, kw_only=True):
    title: str | None = None
    read_only_hint: bool | None = None
    destructive_hint: bool | None = None
    idempotent_hint: bool | None = None
    open_world_hint: bool | None = None


class _InputSchema(_Message, frozen=True, kw_only=True):
    type: Literal["object"]
    schema: str | None = msgspec.field(default=None, name="$schema")


class Tool(_Message, frozen=True, kw_only=True):
    """A tool."""

    name: str
    input_schema: dict[str, object]
    output_schema: dict[str, object] | None = None
    title: str | None = None
    description: str | None = None
    annotations: _Hints | None = None
    icons: list[_Icon] | None = None
    execution: None = NEVER
    meta: _Free | None = msgspec.field(default=None, name="_meta")

    def __post_init__(self) -> None:
        """Check the input schema."""
        msgspec.convert(self.input_schema, _InputSchema)

    def definition(self) -> Definition:
        """Return what the server says of it."""
        hints = msgspec.to_builtins(self.annotations) if self.annotations else {}
        known = {name: value for name, value in hints.items() if value is not None}
        return definition(self.title, self.description, self.input_schema, self.output_schema, known)


class Tools(_Cacheable, frozen=True, kw_only=True):
    """One page of the result of tools/list."""

    tools: list[Tool]
    next_cursor: str | None = None


class _Annotations(_Message, frozen=True, kw_only=True):
    audience: list[Literal["assistant", "user"]] | None = None
    priority: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    last_modified: str | None = None


class _Text(_Message, frozen=True, kw_only=True):
    type: Literal["text"]
    text: str
    annotations: _Annotations | None = None
    meta: _Free | None = msgspec.field(default=None, name="_meta")


class Called(_Result, frozen=True, kw_only=True):
    """The result of tools/call, if it consists of texts only."""

    content: list[_Text]
    is_error: bool = False
    structured_content: object = msgspec.UNSET


class Schema(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A JSON Schema that has nothing but types."""

    type: Literal["array", "boolean", "integer", "null", "number", "object", "string"]
    properties: "dict[str, Schema]" = {}
    required: list[str] = []
    items: "Schema | msgspec.UnsetType" = msgspec.UNSET
    title: str = ""
    description: str = ""


def conforms(document: object, value: object) -> bool:
    """Return whether a value certainly conforms to a JSON Schema. False also means that the schema is not supported."""
    try:
        return _conforms(msgspec.convert(document, Schema), value)
    except msgspec.ValidationError:
        return False


_PYTHON: dict[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "number": (int, float),
    "object": dict,
    "string": str,
}


def _conforms(schema: Schema, value: object) -> bool:
    if not isinstance(value, _PYTHON[schema.type]) or (isinstance(value, bool) and schema.type != "boolean"):
        return False
    if len(set(schema.required)) < len(schema.required):
        return False
    if isinstance(value, dict):
        named = ((part, value[name]) for name, part in schema.properties.items() if name in value)
        return all(name in value for name in schema.required) and all(_conforms(part, each) for part, each in named)
    if isinstance(value, list) and isinstance(schema.items, Schema):
        return all(_conforms(schema.items, each) for each in value)
    return True
