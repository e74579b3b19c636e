"""The command `cortex discover`."""

from functools import partial
from typing import TYPE_CHECKING

from checks.cli.view import Shown, view

if TYPE_CHECKING:
    from checks.target import Target


def _look(target: "Target") -> Shown:
    import anyio

    from checks.servers.discovery import look
    from checks.servers.report import document, write
    from checks.verification.verify import now

    report = document(target, anyio.run(look, target.declaration, target.connection), now().date())
    return report, partial(write, report)


app = view(
    "Find MCP servers by their labels and annotations, whether declared or not.",
    _look,
    "Exit code: 0 the declared servers are ready and there are no others, 1 otherwise, "
    "2 bad usage or a bad declaration, 3 something could not be read.",
)
