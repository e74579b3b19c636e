"""The command `cortex health`."""

from functools import partial
from typing import TYPE_CHECKING

from checks.cli.view import Shown, view

if TYPE_CHECKING:
    from checks.target import Target


def _look(target: "Target") -> Shown:
    import anyio

    from checks.health.check import CHECK
    from checks.health.overview import health_report
    from checks.health.report import write
    from checks.snapshot.take import take

    report = health_report(target, anyio.run(take, target.declaration, target.connection, [CHECK]))
    return report, partial(write, report)


app = view(
    "Show the state of the declared workloads: pods, restarts, last trouble, and the answers of the probe paths.",
    _look,
)
