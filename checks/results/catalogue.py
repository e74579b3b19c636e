"""The catalogue of findings: every code, read once from `codes.yaml` in the folder of each check.

The folders are those of this package, and those of the checks that other distributions add.
A code is `<subject>.<fault>` in lower case; `server.*` means all codes of a subject. Codes are an interface: they are
never renamed or reused. An entry has

* severity: `error` (not as declared) or `warning` (works, but needs attention);
* title: the fault in a phrase;
* meaning: the paragraph of `cortex explain`;
* remedy: `pulumi`, `repair` or `person`; a check can give a single finding another one;
* hint: what to do, in a phrase; the default is in HINTS, which has none for `person`. In its commands STACK, NAMESPACE,
  KIND and NAME are replaced by those of a finding;
* otherwise: the hints of findings with another remedy, by remedy; the default is in HINTS.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint
from pathlib import Path

import msgspec
from msgspec.structs import replace

from checks import extensions
from checks.errors import UncheckedError
from checks.results.result import CLUSTER, Finding, Ref, Remedy, Severity, Value
from stacks.model.yaml_text import parse_yaml

FOLDER = Path(__file__).parents[1]
HINTS = {
    Remedy.PULUMI: "deploy the stack again (`pulumi up --refresh --stack STACK`), or declare what is there now",
    Remedy.REPAIR: "put it back (`cortex repair STACK`), or declare what is there now",
}
"""The default hints, by remedy."""


@dataclass(frozen=True)
class Entry:
    """A code: `remedy` and `hint` are those of most of its findings, `otherwise` has the hints for other remedies."""

    code: str
    severity: Severity
    title: str
    meaning: str
    remedy: Remedy
    hint: str
    otherwise: Mapping[Remedy, str]

    def advice(self) -> str:
        """Return what to do, one line for each remedy."""
        hints = {self.remedy: self.hint, **self.otherwise}
        return "\n".join(f"What to do ({remedy}): {hint}." for remedy, hint in hints.items())


@cache
def catalogue() -> dict[str, Entry]:
    """Return all entries by code: our own, then those of other distributions.

    Raises:
        UncheckedError: the `codes.yaml` of an extension is missing or wrong, or has a code that exists already.
    """
    found = {
        code: _entry(code, fields)
        for file in sorted(FOLDER.glob("*/codes.yaml"))
        for code, fields in _read(file).items()
    }
    for check in extensions.extensions(extensions.CHECKS).values():
        for code, entry in _entries_of(check).items():
            if code in found:
                raise UncheckedError(f"the code {code!r} of {extensions.described(check)} exists already: rename it")
            found[code] = entry
    return found


def _entries_of(check: EntryPoint) -> dict[str, Entry]:
    file = extensions.folder(check) / "codes.yaml"
    try:
        return {code: _entry(code, fields) for code, fields in _read(file).items()}
    except (OSError, UnicodeDecodeError, msgspec.ValidationError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) else " ".join(str(error).split())
        raise UncheckedError(f"the codes of {extensions.described(check)} cannot be read: {file}: {cause}") from error


_CODE = re.compile(r"[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*")
_COMMAND = re.compile(r"`[^`]+`")
_PLACEHOLDER = re.compile(r"\b(NAMESPACE|KIND|NAME)\b")


class _Fields(msgspec.Struct, forbid_unknown_fields=True):
    severity: Severity
    remedy: Remedy
    title: str
    meaning: str
    hint: str = ""
    otherwise: dict[Remedy, str] = {}


def _read(file: Path) -> dict[str, _Fields]:
    codes = msgspec.convert(parse_yaml(file.read_text(encoding="utf-8")), dict[str, _Fields])
    if wrong := [code for code in codes if not _CODE.fullmatch(code)]:
        raise ValueError(f"{wrong[0]!r} is not a code: write for instance server.image")
    return codes


def _entry(code: str, fields: _Fields) -> Entry:
    hint = fields.hint or HINTS.get(fields.remedy)
    if hint is None:
        raise ValueError(f"{code}: the remedy {fields.remedy} needs a hint")
    return Entry(code, fields.severity, fields.title, fields.meaning, fields.remedy, hint, fields.otherwise)


def finding(
    code: str,
    obj: Ref,
    message: str,
    *,
    expected: Value = None,
    actual: Value = None,
    remedy: Remedy | None = None,
) -> Finding:
    """Return a finding, with the remedy of its code unless it has another one.

    Raises:
        KeyError: the code is not in the catalogue, or has no hint for the remedy `person`.
    """
    entry = catalogue()[code]
    hint = entry.hint if remedy in (None, entry.remedy) else entry.otherwise.get(remedy) or HINTS[remedy]
    advice = addressed(hint, obj)
    return Finding(code, entry.severity, obj, message, expected, actual, advice, remedy or entry.remedy)


def addressed(hint: str, obj: Ref) -> str:
    """Return the hint with the object's kind, name and namespace in its commands.

    The commands of a finding about the cluster as a whole keep their placeholders.
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
    """Return the codes that are similar to this one, the best first, or else those of the same subject."""
    family = [known for known in catalogue() if known.split(".")[0] == code.split(".")[0]]
    return get_close_matches(code, catalogue(), n=3) or family
