"""Conversion of the engine's property values to plain Python values, and back.

A secret stays wrapped in `Secret`, so that outputs can be marked as well. A value that a preview does not know stays
the engine's marker string.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from google.protobuf import struct_pb2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Object = dict[str, Any]
"""A JSON object: a Kubernetes object, or properties that may hold `Secret` and unknown values."""

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 (a type signature, fixed by the engine)

# One marker per type of value, fixed by the engine (sdk/go/common/resource/plugin/rpc.go).
_UNKNOWN = frozenset(
    {
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
        "030794c1-ac77-496b-92df-f27374a8bd58",
        "e48ece36-62e2-4504-bad9-02848725956a",
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
    }
)
_SECRET_FIELDS = ("data", "stringData")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_HTML = {ord(character): f"\\u{ord(character):04x}" for character in "<>&"}
"""Characters that Go's JSON encoder escapes in addition."""
_SHORTEST_REDACTED = 3
"""Length in characters. Redacting shorter values would make messages unreadable and hide nothing."""


@dataclass(frozen=True, repr=False)
class Secret:
    """A value that must stay secret in state; it has no printable form."""

    value: object


def decode(struct: struct_pb2.Struct) -> Object:
    """Return the properties of a message; nulls mean 'not set' and are dropped, whole numbers become integers."""
    pairs = ((key, _decode_value(value)) for key, value in struct.fields.items())
    return {key: value for key, value in pairs if value is not None}


def _decode_value(value: struct_pb2.Value) -> object:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "bool_value":
            return value.bool_value
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "list_value":
            return [_decode_value(item) for item in value.list_value.values]
        case "struct_value":
            fields = value.struct_value.fields
            if _SIGNATURE not in fields:
                return decode(value.struct_value)
            if fields[_SIGNATURE].string_value == _SECRET:
                return Secret(_decode_value(fields["value"]))
            raise ValueError("the engine sent a typed value that this plugin did not announce support for")
        case _:
            return None


def encode(properties: Object) -> struct_pb2.Struct:
    """Return the message for these properties; the inverse of `decode`."""
    struct = struct_pb2.Struct()
    struct.update(_wire(properties))
    return struct


def _wire(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    return _with_secrets(value, lambda inner: {_SIGNATURE: _SECRET, "value": inner})


def reveal(value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    """Return `value` without its `Secret` wrappers, as the API server gets it."""
    return _with_secrets(value, lambda inner: inner)


def _with_secrets(value: Any, form: Callable[[object], object]) -> Any:  # noqa: ANN401 (any JSON value)
    """Return a copy of `value` with each secret replaced by `form` of its value."""
    if isinstance(value, Secret):
        return form(_with_secrets(value.value, form))
    if isinstance(value, dict):
        return {key: _with_secrets(item, form) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_secrets(item, form) for item in value]
    return value


def _leaves(value: object, *, is_secret: bool = False) -> Iterator[tuple[object, bool]]:
    """Yield every scalar in `value`, and whether it is inside a `Secret`."""
    if isinstance(value, Secret):
        yield from _leaves(value.value, is_secret=True)
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _leaves(item, is_secret=is_secret)
    else:
        yield value, is_secret


def manifest(properties: Object) -> Object:
    """Return the Kubernetes object in inputs or state: revealed, without the plugin's own top-level `__` keys."""
    return {key: reveal(value) for key, value in properties.items() if not key.startswith("__")}


def merge_patch(old: Object, new: Object) -> Object:
    """Return the JSON merge patch (RFC 7386) from `old` to `new`; equal fields are omitted."""
    patch: Object = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(before, dict) and isinstance(value, dict):
            value = merge_patch(before, value)
            if value:
                patch[key] = value
        elif key not in old or before != value:
            patch[key] = value
    return patch


def mapping_at(tree: object, *keys: str) -> Object:
    """Return the mapping at `keys`, or {} if there is none: in custom kinds any field may have any type."""
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}


def has_unknown(value: object) -> bool:
    """Return whether any part of `value` is not known until the update."""
    return any(isinstance(leaf, str) and leaf in _UNKNOWN for leaf, _ in _leaves(value))


def protect(properties: Object) -> Object:
    """Return `properties`, with the contents marked secret if the kind is a core Secret."""
    if properties.get("kind") != "Secret" or properties.get("apiVersion") != "v1":
        return properties
    marked: Object = {k: _mark(value) if k in _SECRET_FIELDS else value for k, value in properties.items()}
    metadata = marked.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if isinstance(annotations, dict) and _LAST_APPLIED in annotations:
        hidden = {**annotations, _LAST_APPLIED: _mark(annotations[_LAST_APPLIED])}
        marked["metadata"] = {**metadata, "annotations": hidden} if isinstance(metadata, dict) else metadata
    return marked


def outputs(live: Object, inputs: Object, manager: str) -> Object:
    """Return the outputs for `live`: without managed fields, and secret where `inputs` or the kind require it.

    The `__` keys are those of the official plugin, so that either plugin can use the state that the other one wrote.
    """
    metadata = {key: value for key, value in live.get("metadata", {}).items() if key != "managedFields"}
    marked = _mark_like(inputs, {**live, "metadata": metadata})
    kept = {"__inputs": inputs, "__initialApiVersion": live["apiVersion"], "__fieldManager": manager}
    return {**protect(marked), **kept}


def _mark(value: object) -> Secret:
    return value if isinstance(value, Secret) else Secret(value)


def _mark_like(template: object, value: Any) -> Any:  # noqa: ANN401 (any JSON value)
    # A list is marked as a whole: the server may add and move items, so indexes do not correspond.
    if isinstance(template, Secret) or (isinstance(template, list) and any(secrets(template))):
        return _mark(value)
    if isinstance(template, dict) and isinstance(value, dict):
        return {key: _mark_like(template.get(key), item) for key, item in value.items()}
    return value


def secrets(value: object) -> Iterator[str]:
    """Yield every scalar inside a `Secret` anywhere in `value`, as text."""
    return (str(leaf) for leaf, is_secret in _leaves(value) if is_secret)


def redact(message: str, properties: Object) -> str:
    """Return `message` without the secret values in `properties`: API servers quote the values that they refuse."""
    quotable = {form for secret in secrets(protect(properties)) for form in _quotable(secret)}
    for form in sorted(quotable, key=len, reverse=True):
        if len(form) >= _SHORTEST_REDACTED:
            message = message.replace(form, "[secret]")
    return message


def _quotable(secret: str) -> Iterator[str]:
    """Yield the forms in which a server may quote a secret: plain or base64, unescaped or escaped as JSON or by Go."""
    for text in (secret, base64.b64encode(secret.encode()).decode(), *plain_text({"": secret}).values()):
        yield text
        for ascii_only in (False, True):
            quoted = json.dumps(text, ensure_ascii=ascii_only)[1:-1]
            yield quoted
            yield quoted.translate(_HTML)


def plain_text(data: Object) -> dict[str, str]:
    """Return the `stringData` for a Secret's base64 `data`; values that are not text are omitted."""
    texts = {}
    for key, value in data.items():
        try:
            texts[key] = base64.b64decode(value, validate=True).decode()
        except ValueError:
            continue
    return texts
