"""What is sent."""

from datetime import datetime

import msgspec

from checks.results.result import Ref


class Alert(msgspec.Struct, frozen=True):
    """Something that needs attention: what happened to which object of which cluster, and what was found out."""

    time: datetime
    context: str
    stack: str
    object: Ref
    reason: str
    summary: str
    details: tuple[str, ...] = ()
