"""The command `cortex access`."""

from functools import partial
from typing import TYPE_CHECKING

from checks.cli.view import Shown, view

if TYPE_CHECKING:
    from checks.target import Target


def _look(target: "Target") -> Shown:
    import anyio

    from checks.rbac.matrix import draw
    from checks.rbac.report import write

    report = anyio.run(draw, target)
    return report, partial(write, report)


app = view(
    "Show the permissions of the accounts of a stack, as declared and live, and the ways to gain more.",
    _look,
)
