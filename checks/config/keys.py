"""The keys of a ConfigMap: what differs between two states of it, and whether a file in it can be used."""

import json
from collections.abc import Mapping

import msgspec
import yaml

from checks.plain_text import clean

LONGEST_VALUE = 200
"""Longer values are shown as their size."""


class KeyChange(msgspec.Struct, frozen=True):
    """A key of a ConfigMap that was added, changed or removed; None stands for no such key."""

    key: str
    before: str | None
    after: str | None


def key_changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[KeyChange]:
    """Return what differs, ordered by key."""
    keys = sorted(before.keys() | after.keys())
    return [KeyChange(key, before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)]


def fault(key: str, value: str) -> str:
    """Return why a file cannot be used; empty if it can, or if its format is not known."""
    if key.endswith(".json"):
        try:
            json.loads(value)
        except ValueError as error:
            return f"{key} is not JSON: {error}"
        except RecursionError:
            return f"{key} is not JSON that can be read: it is nested too deeply"
    if key.endswith((".yaml", ".yml")):
        try:
            list(yaml.safe_load_all(value))
        # A date such as 2026-13-01 is a ValueError.
        except (yaml.YAMLError, ValueError) as error:
            return f"{key} is not YAML: {' '.join(str(error).split())}"
        except RecursionError:
            return f"{key} is not YAML that can be read: it is nested too deeply"
    return ""


def shown(value: str | None) -> str:
    """Return a value on one line: a long one, or one of several lines, as its size; empty for no value."""
    if value is None:
        return ""
    if len(value) > LONGEST_VALUE or "\n" in value.rstrip("\n"):
        return f"{len(value.encode())} bytes"
    return clean(value.rstrip("\n"))
