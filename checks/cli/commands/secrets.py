"""The commands `cortex secrets`: the Secrets of a stack on the cluster, without their values."""

from functools import partial
from typing import TYPE_CHECKING

from checks.cli import secrets_change
from checks.cli.options import application
from checks.cli.view import Shown, add_view

if TYPE_CHECKING:
    from checks.target import Target

app = application()


@app.callback()
def _secrets() -> None:
    """Show, set and rotate the Secrets of a stack; no output has a value."""


def _look(target: "Target") -> Shown:
    import anyio

    from checks.secrets.inventory import secrets_report
    from checks.secrets.report import write

    report = anyio.run(secrets_report, target)
    return report, partial(write, report)


add_view(
    app,
    "list",
    "List the Secrets of a stack, without their values, and check them as `cortex verify` does.",
    _look,
)

# Without a name, the commands of an application join those of this one.
app.add_typer(secrets_change.app)
