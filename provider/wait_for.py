"""The annotation `pulumi.com/waitFor`: conditions that an object must meet before it counts as ready."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from provider.errors import ProviderError
from provider.inputs import annotation
from provider.properties import mapping_at
from provider.readiness import NOT_OBSERVED, condition, is_observed

if TYPE_CHECKING:
    from provider.properties import Object

_WAIT_FOR = "pulumi.com/waitFor"
_PATH = re.compile(r"jsonpath=\{\s*\$?(.+?)\s*\}(?:=(.+))?$")


def expressions(declared: Object) -> list[str]:
    """Return the expressions in the manifest's annotation, which holds one expression or a JSON list of them.

    Raises:
        ProviderError: An expression is invalid.
    """
    text = annotation(declared, _WAIT_FOR)
    try:
        found = msgspec.json.decode(text, type=list[str]) if text.startswith("[") else [text] if text else []
    except msgspec.DecodeError as error:
        raise ProviderError(f"{_WAIT_FOR} is neither one expression nor a JSON list of expressions: {text}") from error
    for expression in found:
        unmet(expression, {"metadata": {}})  # report a mistake before anything is written
    return found


def unmet(expression: str, live: Object) -> str:
    """Return why `live` does not meet the expression, or '' if it does.

    Raises:
        ProviderError: The expression is invalid.
    """
    if expression.startswith("condition="):
        name, _, wanted = expression.removeprefix("condition=").partition("=")
        status = condition(live, name).get("status", "absent")
        return "" if status == (wanted or "True") else f"condition {name} is {status}"
    match = _PATH.match(expression)
    if not match:
        raise ProviderError(
            f'{_WAIT_FOR} must be "condition=Type" or "jsonpath={{.path}}", each optionally with "=value":'
            f" {expression!r} is neither"
        )
    path, wanted = match.groups()
    if "observedGeneration" in mapping_at(live, "status") and not is_observed(live):
        return NOT_OBSERVED
    found = _select(path, live)
    if not found:
        return f"{path} selects nothing"
    shown = str(found[0]).lower() if isinstance(found[0], bool) else str(found[0])
    return "" if wanted in (None, shown) else f"{path} is {shown}"


def _select(path: str, tree: Object) -> list[Any]:
    import jsonpath  # a tenth of a second, and few objects have the annotation

    try:
        return jsonpath.findall(f"${path}", tree)
    except jsonpath.JSONPathError as error:
        reason = str(error).splitlines()[0]
        raise ProviderError(f"{_WAIT_FOR}: {path} is not a valid JSONPath: {reason}") from error
