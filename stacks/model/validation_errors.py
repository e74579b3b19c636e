"""What the model refuses, as sentences for the author of a stack file or a preset."""

from collections.abc import Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails


def sentences(error: ValidationError) -> list[str]:
    """Return a sentence for every fault: its path, what is wrong, and the way out where there is one."""
    faults = error.errors()
    return [_describe(fault) for fault in faults if not _follows(fault, faults)]


def _follows(fault: ErrorDetails, faults: Sequence[ErrorDetails]) -> bool:
    """Check whether a fault only follows from another: a list too short as faulty entries were dropped, no default."""
    depth = len(fault["loc"])
    return fault["type"] == "default_factory_not_called" or (
        fault["type"] == "too_short"
        and any(other is not fault and other["loc"][:depth] == fault["loc"] for other in faults)
    )


def _describe(fault: ErrorDetails) -> str:
    path = ".".join(str(part) for part in fault["loc"] if part != "[key]")
    sentence = _sentence(fault)
    return f"{path}: {sentence}" if path else sentence


def _sentence(fault: ErrorDetails) -> str:
    match fault["type"]:
        case "value_error":
            return fault["msg"].removeprefix("Value error, ")
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not a known setting: check its spelling"
        case "string_type":
            return "must be text: put the value in quotes"
        case "too_short":
            return "needs at least one entry"
        case "tuple_type":
            return "must be a list"
        case "model_type" | "dict_type":
            return "must be a mapping of settings"
        case _:
            return f"{fault['msg'][0].lower()}{fault['msg'][1:]}"
