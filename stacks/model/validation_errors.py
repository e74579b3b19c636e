"""What the model refuses, as sentences for the author of a stack file or a preset."""

from collections.abc import Callable, Mapping, Sequence

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from stacks.model.setting_names import way_out
from stacks.model.suggestion import nearest

_LONGEST = 40
"""The longest value that is repeated in a sentence."""

_CHOICES: Mapping[str, str] = {
    "http": "Streamable HTTP",
    "sse": "the older HTTP with a stream of events",
    "stdio": "standard input and output, for an image with the bridge in front",
    "websocket": "WebSocket, with the subprotocol mcp",
}
"""Values of settings that need a word of explanation."""

_OTHER_WORDS: Mapping[str, str] = {
    "streamable-http": "http",
    "streamable_http": "http",
    "streamablehttp": "http",
    "streamable": "http",
}
"""Values in the words of other tools → the value here."""

_SENTENCES: Mapping[str, str] = {
    "missing": "is missing",
    "string_type": "must be text: put the value in quotes",
    "too_short": "needs at least one entry",
    "tuple_type": "must be a list",
    "model_type": "must be a mapping of settings",
    "dict_type": "must be a mapping of settings",
}
"""Pydantic's types of faults → what they mean."""


def sentences(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return a sentence for every fault of a model: its path, what is wrong, and the way out where there is one."""
    faults = error.errors()
    return [_describe(fault, model) for fault in faults if not _follows(fault, faults)]


def _follows(fault: ErrorDetails, faults: Sequence[ErrorDetails]) -> bool:
    """Check whether a fault only follows from another: a list too short as faulty entries were dropped, no default."""
    depth = len(fault["loc"])
    return fault["type"] == "default_factory_not_called" or (
        fault["type"] == "too_short"
        and any(other is not fault and other["loc"][:depth] == fault["loc"] for other in faults)
    )


def _describe(fault: ErrorDetails, model: type[BaseModel]) -> str:
    path = ".".join(map(str, _place(fault)))
    sentence = _sentence(fault, model)
    return f"{path}: {sentence}" if path else sentence


def _place(fault: ErrorDetails) -> list[int | str]:
    """Return the path of a fault, without Pydantic's notes, such as which of several kinds a value is: `[one]`."""
    return [part for part in fault["loc"] if not str(part).startswith("[")]


def _sentence(fault: ErrorDetails, model: type[BaseModel]) -> str:
    match fault["type"]:
        case "value_error":
            return fault["msg"].removeprefix("Value error, ")
        case "extra_forbidden":
            *place, name = _place(fault)
            return f"is not a known setting: {way_out(str(name), model, place)}"
        case "int_type" | "int_parsing":
            return f"must be a whole number{_unquoted(fault['input'], str.isdecimal)}"
        case "bool_type" | "bool_parsing":
            return f"must be true or false{_unquoted(fault['input'], lambda text: text in ('true', 'false'))}"
        case "literal_error":
            return _choice(fault)
        case "dict_type" if _is_list_of_names(fault["input"]):
            return "must be a mapping, and no list: write `NAME: VALUE` in place of `- name: NAME`"
        case kind:
            return _SENTENCES.get(kind, f"{fault['msg'][0].lower()}{fault['msg'][1:]}")


def _is_list_of_names(value: object) -> bool:
    """Check whether a value is a list of the kind that Kubernetes has for variables."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and "name" in one for one in value)


def _unquoted(value: object, right: Callable[[str], bool]) -> str:
    return f": write {value} without quotes" if isinstance(value, str) and right(value) else ""


def _choice(fault: ErrorDetails) -> str:
    """Return a sentence about a value that is none of a list; a long one could be secret, and is not repeated."""
    expected = str(fault.get("ctx", {}).get("expected", ""))
    choices = [choice.strip("'") for choice in expected.replace(" or ", ", ").split(", ")]
    value = fault["input"]
    if not isinstance(value, str) or len(value) > _LONGEST:
        return f"must be {_explained(choices)}"
    other = _OTHER_WORDS.get(value.lower()) or nearest(value, choices)
    way = f"did you mean {other!r}? It" if other in choices else "it"
    return f"{value!r} is not possible: {way} must be {_explained(choices)}"


def _explained(choices: Sequence[str]) -> str:
    texts = [f"{choice!r} ({_CHOICES[choice]})" if choice in _CHOICES else f"{choice!r}" for choice in choices]
    return " or ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))
