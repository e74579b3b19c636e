"""A stdio server with what the conformance suite asks for, so that each failure is one of the bridge.

Without the SDK: then it is the same in each of its versions.
"""

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

Value = dict[str, Any]

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
SOUND = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
SCHEMA: Value = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {"address": {"$anchor": "addressDef", "type": "object", "properties": {"street": {"type": "string"}}}},
    "properties": {"name": {"type": "string"}, "address": {"$ref": "#/$defs/address"}, "phone": {"type": "string"}},
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["name"]}]}],
    "if": {"required": ["name"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["phone"]},
    "additionalProperties": False,
}


def text(said: str) -> Value:
    return {"type": "text", "text": said}


def embedded(uri: str, kind: str, said: str) -> Value:
    return {"type": "resource", "resource": {"uri": uri, "mimeType": kind, "text": said}}


def write(message: Value) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def notify(kind: str, **parameters: object) -> None:
    write({"method": f"notifications/{kind}", "params": parameters})


def logging(_: Value) -> Value:
    for said in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        notify("message", level="info", data=said)
        time.sleep(0.05)
    return {"content": [text("logged")]}


def progress(parameters: Value) -> Value:
    token = parameters.get("_meta", {}).get("progressToken")
    for done in (0, 50, 100):
        if token is not None:
            notify("progress", progressToken=token, progress=done, total=100)
        time.sleep(0.05)
    return {"content": [text("done")]}


def changed(kind: str) -> Callable[[Value], Value]:
    def tell(_: Value) -> Value:
        notify(f"{kind}/list_changed")
        return {"content": [text("told")]}

    return tell


def elicit(_: Value) -> Value:
    form = {"type": "object", "properties": {"name": {"type": "string"}}}
    write({"id": "elicit", "method": "elicitation/create", "params": {"message": "Name?", "requestedSchema": form}})
    return {"content": [text("asked")]}


def content(*parts: Value, **others: object) -> Callable[[Value], Value]:
    return lambda _: {"content": list(parts), **others}


IMAGE = {"type": "image", "data": PIXEL, "mimeType": "image/png"}
TOOLS: dict[str, Callable[[Value], Value]] = {
    "test_simple_text": content(text("This is a simple text response for testing.")),
    "test_image_content": content(IMAGE),
    "test_audio_content": content({"type": "audio", "data": SOUND, "mimeType": "audio/wav"}),
    "test_embedded_resource": content(embedded("test://embedded-resource", "text/plain", "This is an embedded one.")),
    "test_multiple_content_types": content(
        text("Multiple content types test:"),
        IMAGE,
        embedded("test://mixed-content-resource", "application/json", '{"test":"data","value":123}'),
    ),
    "test_error_handling": content(text("This tool intentionally returns an error for testing"), isError=True),
    "test_tool_with_logging": logging,
    "test_logging_tool": logging,
    "test_tool_with_progress": progress,
    "test_trigger_tool_change": changed("tools"),
    "test_trigger_prompt_change": changed("prompts"),
    "test_streaming_elicitation": elicit,
    "test_headers": content(text("as declared")),
    "json_schema_2020_12_tool": content(text("valid")),
}
SCHEMAS: dict[str, Value] = {
    **{name: {"type": "object"} for name in TOOLS},
    "test_headers": {"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}},
    "json_schema_2020_12_tool": SCHEMA,
}
RESOURCES: dict[str, Value] = {
    "test://static-text": {"mimeType": "text/plain", "text": "This is the content of the static text resource."},
    "test://static-binary": {"mimeType": "image/png", "blob": PIXEL},
    "test://watched-resource": {"mimeType": "text/plain", "text": "watched"},
}
TEMPLATE = "test://template/{id}/data"
PROMPTS: dict[str, tuple[list[str], Callable[[Value], list[Value]]]] = {
    "test_simple_prompt": ([], lambda _: [text("This is a simple prompt for testing.")]),
    "test_prompt_with_arguments": (
        ["arg1", "arg2"],
        lambda given: [text(f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'")],
    ),
    "test_prompt_with_embedded_resource": (
        ["resourceUri"],
        lambda given: [embedded(given["resourceUri"], "text/plain", "Embedded resource content."), text("Process it.")],
    ),
    "test_prompt_with_image": ([], lambda _: [IMAGE, text("Please analyze the image above.")]),
}


class RefusedError(Exception):
    """A request with a JSON-RPC error for an answer."""


def initialize(parameters: Value) -> Value:
    capabilities: Value = {
        "tools": {"listChanged": True},
        "prompts": {"listChanged": True},
        "resources": {"listChanged": True, "subscribe": True},
        "logging": {},
        "completions": {},
    }
    about = {"name": "conformance", "version": "1.0.0"}
    return {"protocolVersion": parameters["protocolVersion"], "capabilities": capabilities, "serverInfo": about}


def tools(_: Value) -> Value:
    return {"tools": [{"name": name, "description": name, "inputSchema": found} for name, found in SCHEMAS.items()]}


def call(parameters: Value) -> Value:
    if parameters["name"] not in TOOLS:
        raise RefusedError(f"unknown tool {parameters['name']}")
    return TOOLS[parameters["name"]](parameters)


def read(parameters: Value) -> Value:
    uri = parameters["uri"]
    if uri in RESOURCES:
        return {"contents": [{"uri": uri, **RESOURCES[uri]}]}
    if uri.startswith("test://template/"):
        said = json.dumps({"id": uri.split("/")[3], "templateTest": True, "data": f"Data for ID: {uri.split('/')[3]}"})
        return {"contents": [{"uri": uri, "mimeType": "application/json", "text": said}]}
    raise RefusedError(f"unknown resource {uri}", {"uri": uri})


def prompts(_: Value) -> Value:
    described = {name: [{"name": one, "required": True} for one in needs] for name, (needs, _) in PROMPTS.items()}
    return {"prompts": [{"name": name, "description": name, "arguments": needs} for name, needs in described.items()]}


def prompt(parameters: Value) -> Value:
    if parameters["name"] not in PROMPTS:
        raise RefusedError(f"unknown prompt {parameters['name']}")
    _, parts = PROMPTS[parameters["name"]]
    return {"messages": [{"role": "user", "content": part} for part in parts(parameters.get("arguments") or {})]}


METHODS: dict[str, Callable[[Value], Value]] = {
    "initialize": initialize,
    "ping": lambda _: {},
    "tools/list": tools,
    "tools/call": call,
    "resources/list": lambda _: {"resources": [{"uri": uri, "name": uri.split("/")[-1]} for uri in RESOURCES]},
    "resources/templates/list": lambda _: {"resourceTemplates": [{"uriTemplate": TEMPLATE, "name": "template"}]},
    "resources/read": read,
    "resources/subscribe": lambda _: {},
    "resources/unsubscribe": lambda _: {},
    "prompts/list": prompts,
    "prompts/get": prompt,
    "completion/complete": lambda _: {"completion": {"values": ["paris", "park"], "total": 2, "hasMore": False}},
    "logging/setLevel": lambda _: {},
}


def answer(request: Value) -> None:
    try:
        result = METHODS[request["method"]](request.get("params", {}))
        write({"id": request["id"], "result": result})
    except RefusedError as error:
        message, *data = error.args
        write({"id": request["id"], "error": {"code": -32602, "message": message, "data": data[0] if data else {}}})


if __name__ == "__main__":
    for line in sys.stdin:
        received = json.loads(line)
        if "id" in received and "method" in received:
            threading.Thread(target=answer, args=(received,), daemon=True).start()
