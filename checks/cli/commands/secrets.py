"""The command `cortex secrets`."""

from functools import partial
from typing import TYPE_CHECKING

from checks.cli.view import Shown, view

if TYPE_CHECKING:
    from checks.target import Target


def _look(target: "Target") -> Shown:
    import anyio

    from checks.secrets.inventory import secrets_report
    from checks.secrets.report import write

    report = anyio.run(secrets_report, target)
    return report, partial(write, report)


app = view(
    "Show the Secrets of a stack, without their values, and check them as `cortex verify` does.",
    _look,
)
