"""The command `cortex config`."""

from functools import partial
from typing import TYPE_CHECKING

from checks.cli.view import Shown, view

if TYPE_CHECKING:
    from checks.target import Target


def _look(target: "Target") -> Shown:
    import anyio

    from checks.config.inventory import config_report
    from checks.config.report import write

    report = anyio.run(config_report, target)
    return report, partial(write, report)


app = view(
    "Show the ConfigMaps of a stack, and whether the cluster runs the declaration of this checkout.",
    _look,
)
