"""The command `cortex doctor`."""

from functools import partial
from typing import TYPE_CHECKING

from checks.cli.view import Shown, view

if TYPE_CHECKING:
    from checks.target import Target


def _look(target: "Target") -> Shown:
    import anyio

    from checks.connection.diagnosis import diagnose
    from checks.connection.report import write

    report = anyio.run(diagnose, target)
    return report, partial(write, report)


app = view(
    "Check the connection to the cluster of a stack: its address, the account, and how well it works.",
    _look,
)
