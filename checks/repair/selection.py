"""Chooses the findings that a repair is about."""

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
    """Return the findings about an object, or all; none about a declared object means that it is as declared.

    Raises:
        UsageError: there is neither a finding about such an object nor is it declared.
    """
    found = about(findings, text)
    if text is None or found or any(text in _names(Ref(o.kind, o.name, o.namespace)) for o in build(declaration)):
        return found
    known = dict.fromkeys(str(finding.object) for finding in findings)
    shown = enumerated(known, _SHOWN) or "nothing"
    raise UsageError(
        f"--object: nothing was found about {text!r}, and it is not declared: write KIND NAMESPACE/NAME or "
        f"KIND/NAMESPACE/NAME as findings have it; findings are about {shown}"
    )


def _names(ref: Ref) -> tuple[str, str]:
    return str(ref), str(ref).replace(" ", "/", 1)
