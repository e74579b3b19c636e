"""The catalogue of findings: every code that a judge may use, read once from codes/*.yaml, one file a subject.

A code is `<what>.<fault>` in lower case. It reads without being looked up, sorts by what it concerns, and a family can
be meant as `server.*`. Codes are an interface: they are never renamed or reused. An entry has

* severity: `error` (not as declared) or `warning` (works, but should be looked at);
* title: the fault in a phrase;
* meaning: the paragraph of `cortex explain`;
* hint: what to do, in a phrase; without one, DEFAULT_HINT.
"""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import cast

import yaml

from checks.findings import Finding, Ref, Severity, Value

FOLDER = Path(__file__).with_name("codes")
DEFAULT_HINT = "deploy the stack again (`pulumi up --refresh`), or declare what is there now"


@dataclass(frozen=True)
class Entry:
    """One kind of finding. `hint` is what to do, in a phrase; `meaning` is the paragraph of `cortex explain`."""

    code: str
    severity: Severity
    title: str
    meaning: str
    hint: str


@cache
def catalogue() -> dict[str, Entry]:
    """Give all entries by code, a subject after the other."""
    return {
        code: _entry(code, fields) for file in sorted(FOLDER.glob("*.yaml")) for code, fields in _read(file).items()
    }


def _read(file: Path) -> dict[str, dict[str, str]]:
    return cast("dict[str, dict[str, str]]", yaml.safe_load(file.read_text(encoding="utf-8")))


def _entry(code: str, fields: dict[str, str]) -> Entry:
    hint = fields.get("hint", DEFAULT_HINT)
    return Entry(code, Severity(fields["severity"]), fields["title"], fields["meaning"], hint)


def finding(code: str, obj: Ref, message: str, *, expected: Value = None, actual: Value = None) -> Finding:
    """Make a finding of a catalogued code.

    Raises:
        KeyError: the catalogue has no such code.
    """
    entry = catalogue()[code]
    return Finding(code, entry.severity, obj, message, expected, actual, entry.hint)


def near(code: str) -> list[str]:
    """Give the catalogued codes that look like this one, best first, or else those of its family."""
    family = [known for known in catalogue() if known.split(".")[0] == code.split(".")[0]]
    return get_close_matches(code, catalogue(), n=3) or family
