"""The catalogue of findings: codes.yaml, read once. Judges name a code; severity and hint come from here."""

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path

import yaml

from checks.findings import Finding, Ref, Severity, Value


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
    """Give all entries by code, in the order of the file."""
    document = yaml.safe_load(Path(__file__).with_name("codes.yaml").read_text(encoding="utf-8"))
    hint = document["default-hint"]
    return {
        code: Entry(code, Severity(e["severity"]), e["title"], e["meaning"], e.get("hint", hint))
        for code, e in document["codes"].items()
    }


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
