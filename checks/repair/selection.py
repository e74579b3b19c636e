"""Select the findings of a repair."""

from collections.abc import Sequence

from checks.errors import UsageError
from checks.plain_text import enumerated
from checks.results.result import Finding, Ref
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

_SHOWN = 10


def about(findings: Sequence[Finding], text: str | None) -> tuple[Finding, ...]:
    """Return the findings about an object, or all."""
    return tuple(finding for finding in findings if text is None or text in _names(finding.object))


def chosen(findings: Sequence[Finding], text: str | None, declaration: Declaration) -> tuple[Finding, ...]:
    """Return the findings about an object, or all findings; a declared object may have none.

    Raises:
        UsageError: no finding is about the object, and it is not declared.
    """
    found = about(findings, text)
    if text is None or found or any(text in _names(Ref(o.kind, o.name, o.namespace)) for o in build(declaration)):
        return found
    known = dict.fromkeys(str(finding.object) for finding in findings)
    shown = enumerated(known, _SHOWN) or "nothing"
    raise UsageError(
        f"--object: no finding is about {text!r}, and it is not declared: write KIND NAMESPACE/NAME or "
        f"KIND/NAMESPACE/NAME as in the findings; findings are about {shown}"
    )


def _names(ref: Ref) -> tuple[str, str]:
    return str(ref), str(ref).replace(" ", "/", 1)
