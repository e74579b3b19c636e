"""A finding that is known and accepted for a while: which one, why, and until when."""

import re
from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from stacks.model.types import Model, matching


def _date(value: object) -> date:
    if isinstance(value, date):
        # `pulumi config set` and `pulumi stack init` turn it into '2026-12-31 00:00:00 +0000 UTC'.
        raise ValueError(  # noqa: TRY004 - pydantic takes no other
            f"put the date in quotes, '{value:%Y-%m-%d}': Pulumi rewrites one that has none"
        )
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(f"{str(value)!r} is no date: write for instance '2026-12-31'")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is no day of the calendar: write for instance '2026-12-31'") from None


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError("says nothing: give the reason, for those who read the report")
    return value


Code = Annotated[
    str,
    matching(
        r"[a-z][-a-z0-9]*\.([a-z][-a-z0-9]*|\*)",
        "code of a finding: write for instance server.image, or server.* for the family",
    ),
]
"""A finding's code, or a family of them. Which codes there are, the checks know."""

ObjectPattern = Annotated[
    str,
    matching(
        r"\*|[A-Za-z0-9*]+ [^\s/]+(/[^\s/]+)?",
        "object: write for instance Deployment cortex-mcp/talos-mcp-server, Pod cortex-mcp/* or Node worker-1",
    ),
]
"""`<kind> <namespace>/<name>`, or `<kind> <name>` of what is in no namespace; `*` stands for any text."""


class Suppression(Model):
    """Findings that do not count until a day has ended; every report lists them as suppressed."""

    code: Code
    """The finding's code, or `server.*` for its family."""
    object: ObjectPattern = "*"
    """Which objects; any if left out."""
    reason: Annotated[str, AfterValidator(_said)]
    """Why it is accepted."""
    until: Annotated[date, BeforeValidator(_date)]
    """The last day (UTC) on which it is accepted, in quotes; afterwards the finding counts again."""

    def covers(self, code: str, obj: str) -> bool:
        """Tell whether it is meant for findings of this code on this object, whatever the day."""
        return fnmatchcase(code, self.code) and fnmatchcase(obj, self.object)

    def ended(self, today: date) -> bool:
        """Tell whether its last day is over."""
        return today > self.until
