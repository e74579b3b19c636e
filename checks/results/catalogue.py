"""The catalogue of findings: every code that a judge may use, read once from `codes.yaml` of each check's folder.

A code is `<what>.<fault>` in lower case. It reads without being looked up, sorts by what it concerns, and a family can
be meant as `server.*`. Codes are an interface: they are never renamed or reused. An entry has

* severity: `error` (not as declared) or `warning` (works, but should be looked at);
* title: the fault in a phrase;
* meaning: the paragraph of `cortex explain`;
* remedy: who puts it right, `pulumi`, `repair` or `person`, unless the judge knows better of a finding;
* hint: what to do, in a phrase; without one, that of HINTS, which has none for a person. In its commands STACK,
  NAMESPACE, KIND and NAME stand for those of a finding;
* otherwise: the hints of findings with another remedy, by that; without one, that of HINTS.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import NotRequired, TypedDict, cast

import yaml
from msgspec.structs import replace

from checks.results.result import CLUSTER, Finding, Ref, Remedy, Severity, Value

FOLDER = Path(__file__).parents[1]
HINTS = {
    Remedy.PULUMI: "deploy the stack again (`pulumi up --refresh --stack STACK`), or declare what is there now",
    Remedy.REPAIR: "put it back (`cortex repair STACK`), or declare what is there now",
}
"""What to do, by the remedy."""


@dataclass(frozen=True)
class Entry:
    """One kind of finding. `hint` is what to do, in a phrase; `meaning` is the paragraph of `cortex explain`.

    Remedy and hint are those of most findings of the code, `otherwise` has the hints of those with another remedy.
    """

    code: str
    severity: Severity
    title: str
    meaning: str
    remedy: Remedy
    hint: str
    otherwise: Mapping[Remedy, str]

    def advice(self) -> str:
        """Return what to do, a line a remedy."""
        hints = {self.remedy: self.hint, **self.otherwise}
        return "\n".join(f"What to do ({remedy}): {hint}." for remedy, hint in hints.items())


@cache
def catalogue() -> dict[str, Entry]:
    """Give all entries by code, a subject after the other."""
    return {
        code: _entry(code, fields)
        for file in sorted(FOLDER.glob("*/codes.yaml"))
        for code, fields in _read(file).items()
    }


_COMMAND = re.compile(r"`[^`]+`")
_PLACEHOLDER = re.compile(r"\b(NAMESPACE|KIND|NAME)\b")


class _Fields(TypedDict):
    severity: str
    remedy: str
    title: str
    meaning: str
    hint: NotRequired[str]
    otherwise: NotRequired[dict[str, str]]


def _read(file: Path) -> dict[str, _Fields]:
    return cast("dict[str, _Fields]", yaml.safe_load(file.read_text(encoding="utf-8")))


def _entry(code: str, fields: _Fields) -> Entry:
    remedy = Remedy(fields["remedy"])
    hint = fields.get("hint") or HINTS[remedy]
    otherwise = {Remedy(other): text for other, text in fields.get("otherwise", {}).items()}
    return Entry(code, Severity(fields["severity"]), fields["title"], fields["meaning"], remedy, hint, otherwise)


def finding(
    code: str,
    obj: Ref,
    message: str,
    *,
    expected: Value = None,
    actual: Value = None,
    remedy: Remedy | None = None,
) -> Finding:
    """Make a finding of a catalogued code, with the code's remedy unless this finding has another one.

    Raises:
        KeyError: the catalogue has no such code, or a person's remedy lacks the hint that says what to do.
    """
    entry = catalogue()[code]
    hint = entry.hint if remedy in (None, entry.remedy) else entry.otherwise.get(remedy) or HINTS[remedy]
    advice = addressed(hint, obj)
    return Finding(code, entry.severity, obj, message, expected, actual, advice, remedy or entry.remedy)


def addressed(hint: str, obj: Ref) -> str:
    """Return the hint with the object's kind, name and namespace in its commands.

    What a finding says of the cluster as a whole names no object, so its commands keep their placeholders.
    """
    if obj.kind == CLUSTER:
        return hint
    there = {"NAMESPACE": obj.space, "KIND": obj.kind.lower(), "NAME": obj.name}

    def command(match: re.Match[str]) -> str:
        return _PLACEHOLDER.sub(lambda found: there[found[0]] or found[0], match[0])

    return _COMMAND.sub(command, hint)


def for_stack(found: Finding, stack: str) -> Finding:
    """Return the finding with the stack's name in the commands of its hint."""
    hint = _COMMAND.sub(lambda match: re.sub(r"\bSTACK\b", lambda _: stack, match[0]), found.hint)
    return replace(found, hint=hint)


def near(code: str) -> list[str]:
    """Give the catalogued codes that look like this one, best first, or else those of its family."""
    family = [known for known in catalogue() if known.split(".")[0] == code.split(".")[0]]
    return get_close_matches(code, catalogue(), n=3) or family
