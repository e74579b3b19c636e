"""The command `cortex metrics`."""

from functools import partial
from typing import TYPE_CHECKING

from checks.cli.view import Shown, view

if TYPE_CHECKING:
    from checks.target import Target


def _look(target: "Target") -> Shown:
    import anyio

    from checks.metrics.check import CHECK
    from checks.metrics.overview import metrics_report
    from checks.metrics.report import write
    from checks.snapshot.take import take

    report = metrics_report(target, anyio.run(take, target.declaration, target.connection, [CHECK]))
    return report, partial(write, report)


app = view(
    "Show the figures and the health of the cluster, as kube-state-metrics reports them.",
    _look,
    "Exit code: 0 no errors, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked.",
)
