"""The command `cortex usage`."""

from functools import partial
from typing import TYPE_CHECKING

from checks.cli.view import Shown, view

if TYPE_CHECKING:
    from checks.target import Target


def _look(target: "Target") -> Shown:
    import anyio

    from checks.snapshot.take import take
    from checks.usage.check import CHECK
    from checks.usage.overview import usage_report
    from checks.usage.report import write

    report = usage_report(target, anyio.run(take, target.declaration, target.connection, [CHECK]))
    return report, partial(write, report)


app = view(
    "Show how much of their quotas the namespaces use, and what their pods use now.",
    _look,
    "Exit code: 0 no errors, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked.",
)
