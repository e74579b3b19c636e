"""JSON Patch (RFC 6902; `add` only to objects), as far as an API server that tests play has to know it."""

from typing import Any


def apply(document: Any, operations: list[dict[str, Any]]) -> bool:
    """Change the document; tell whether all operations applied."""
    try:
        return all(_apply(document, each["op"], each["path"], each.get("value")) for each in operations)
    except (KeyError, IndexError, ValueError):
        return False


def _apply(document: Any, op: str, path: str, value: Any) -> bool:
    *parents, last = [_token(part) for part in path.split("/")[1:]]
    target = document
    for part in parents:
        target = target[_key(target, part)]
    key = _key(target, last)
    match op:
        case "test":
            return bool(target[key] == value)
        case "add" if isinstance(target, dict):
            target[key] = value
        case "remove":
            del target[key]
        case "replace":
            target[key] = value
    return op in ("remove", "replace") or (op == "add" and isinstance(target, dict))


def _key(target: Any, part: str) -> str | int:
    return int(part) if isinstance(target, list) else part


def _token(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
