"""What our types of MCP messages accept, those of the official SDK accept as well: answers with one part changed."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.types import methods
from mcp_types.version import LATEST_MODERN_VERSION

from checks.mcp.messages import VERSION, Called, Discovered, Tools, conforms

SERVER = {"io.modelcontextprotocol/serverInfo": {"name": "time", "version": "1"}}
RESULT = {"resultType": "complete", "_meta": SERVER}
CACHED = {**RESULT, "ttlMs": 0, "cacheScope": "public"}
OFFERS = {"listChanged": True, "subscribe": False}
ICON = {"src": "https://icons.test/a.png", "mimeType": "image/png", "sizes": ["48x48"], "theme": "dark"}
OUTPUT = {
    "type": "object",
    "title": "Answer",
    "required": ["hours"],
    "properties": {
        "hours": {"type": "array", "items": {"type": "integer"}},
        "zone": {"type": "string", "description": "its name"},
        "share": {"type": "number"},
        "dst": {"type": "boolean"},
        "none": {"type": "null"},
    },
}
TOOL = {
    "name": "now",
    "title": "Now",
    "description": "Tell the time.",
    "inputSchema": {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "properties": {}},
    "outputSchema": OUTPUT,
    "annotations": {"title": "Now", "readOnlyHint": True, "destructiveHint": False, "idempotentHint": True},
    "icons": [ICON],
    "_meta": {"a": 1},
}
ANSWERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "server/discover": (
        Discovered,
        {
            **CACHED,
            "supportedVersions": [VERSION],
            "instructions": "Ask.",
            "capabilities": {"tools": OFFERS, "resources": OFFERS, "prompts": OFFERS, "logging": {}, "completions": {}},
        },
    ),
    "tools/list": (Tools, {**CACHED, "tools": [TOOL], "nextCursor": "2"}),
    "tools/call": (
        Called,
        {
            **RESULT,
            "content": [{"type": "text", "text": "12:00", "annotations": {"audience": ["user"], "priority": 0.5}}],
            "structuredContent": {"hours": [1], "zone": "UTC", "share": 0.5, "dst": False, "none": None},
            "isError": False,
        },
    ),
}
VALUE = {"hours": [1], "zone": "UTC", "share": 0.5, "dst": False, "none": None}
VALUES: list[object] = [None, True, 0, -1, 2, 1.5, "", "x", "complete", "input_required", "object", [], ["x"], {}]
OTHER = st.sampled_from(VALUES)


def places(document: object) -> Iterator[tuple[Any, Any]]:
    """Give every container in a document with each key or index in it."""
    for key, value in document.items() if isinstance(document, dict) else enumerate(document):  # type: ignore[arg-type]
        yield document, key
        if isinstance(value, (dict, list)):
            yield from places(value)


def changed(data: st.DataObject, document: dict[str, Any]) -> dict[str, Any]:
    """Give a document in which one part is another, gone, or new."""
    document = copy.deepcopy(document)
    container, key = data.draw(st.sampled_from(list(places(document))))
    new = data.draw(OTHER)
    match data.draw(st.sampled_from(["set", "drop", "add"])):
        case "set":
            container[key] = new
        case "drop":
            del container[key]
        case _ if isinstance(container, dict):
            container[data.draw(st.sampled_from(["execution", "tasks", "extensions", "theme", "x"]))] = new
    return document


def test_version_is_the_newest_of_the_sdk() -> None:
    assert VERSION == LATEST_MODERN_VERSION


@pytest.mark.parametrize("method", ANSWERS)
def test_good_answers_are_accepted(method: str) -> None:
    kind, answer = ANSWERS[method]
    methods.parse_server_result(method, VERSION, answer)
    msgspec.json.decode(json.dumps(answer), type=kind)


@given(st.sampled_from(sorted(ANSWERS)), st.data())
def test_what_is_accepted_here_is_accepted_by_the_sdk(method: str, data: st.DataObject) -> None:
    kind, answer = ANSWERS[method]
    answer = changed(data, answer)
    try:
        msgspec.json.decode(json.dumps(answer), type=kind)
    except msgspec.ValidationError:
        return
    methods.parse_server_result(method, VERSION, answer)


@pytest.mark.parametrize("method", ANSWERS)
def test_result_of_another_type_is_refused_here(method: str) -> None:
    kind, answer = ANSWERS[method]
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps({**answer, "resultType": "input_required"}), type=kind)


def test_plain_schema_is_understood() -> None:
    assert conforms(OUTPUT, VALUE)


@given(st.data())
def test_what_conforms_here_conforms_to_the_json_schema(data: st.DataObject) -> None:
    schema = changed(data, OUTPUT) if data.draw(st.booleans()) else OUTPUT
    value = changed(data, VALUE) if schema is OUTPUT or data.draw(st.booleans()) else VALUE
    if conforms(schema, value):
        jsonschema.validate(value, schema)


@pytest.mark.parametrize("schema", [{}, {"type": "object", "$ref": "#/x"}, {"type": "string", "format": "time"}, True])
def test_other_schemas_are_left_to_the_sdk(schema: object) -> None:
    assert not conforms(schema, {} if schema in ({}, True) else "x")
