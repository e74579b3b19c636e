"""Findings that are accepted until a day: which ones, why, and until when."""

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
            f"put the date in quotes, '{value:%Y-%m-%d}': Pulumi rewrites a date without them"
        )
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError(f"{str(value)!r} is not a date: write for instance '2026-12-31'")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a day of the calendar: write for instance '2026-12-31'") from None


def _not_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty: give the reason, for those who read the report")
    return value


Code = Annotated[
    str,
    matching(
        r"[a-z][-a-z0-9]*\.([a-z][-a-z0-9]*|\*)",
        "the code of a finding: write for instance server.image, or server.* for the family",
    ),
]
"""The code of a finding, or of a family of findings. The checks define the codes."""

ObjectPattern = Annotated[
    str,
    matching(
        r"\*|[A-Za-z0-9*]+ [^\s/]+(/[^\s/]+)?",
        "an object: write for instance Deployment cortex-mcp/talos-mcp-server, Pod cortex-mcp/* or Node worker-1",
    ),
]
"""`<kind> <namespace>/<name>`, or `<kind> <name>` for cluster-wide objects; `*` stands for any text."""


class Suppression(Model):
    """Findings that do not count until a day has ended. Every report lists them as suppressed."""

    code: Code
    """The finding's code, or `server.*` for its family."""
    object: ObjectPattern = "*"
    """The objects; by default any."""
    reason: Annotated[str, AfterValidator(_not_blank)]
    """Why it is accepted."""
    until: Annotated[date, BeforeValidator(_date)]
    """The last day (UTC) on which it is accepted, in quotes; afterwards the finding counts again."""

    def covers(self, code: str, obj: str) -> bool:
        """Check whether it applies to findings with this code on this object, on any day."""
        return fnmatchcase(code, self.code) and fnmatchcase(obj, self.object)

    def ended(self, today: date) -> bool:
        """Check whether its last day has ended."""
        return today > self.until
