"""The command `cortex explain`."""

from typing import Annotated

import typer

from checks.cli.options import application
from checks.errors import UsageError

app = application()


@app.command()
def explain(
    code: Annotated[str, typer.Argument(help="The code of a finding, such as server.image.", show_default=False)],
) -> None:
    """Explain the code of a finding."""
    from checks.results.catalogue import catalogue, near

    entry = catalogue().get(code)
    if entry is None:
        similar = near(code)
        known = f"did you mean {', '.join(similar)}?" if similar else f"known are {', '.join(catalogue())}"
        raise UsageError(f"no finding has the code {code!r}; {known}")
    typer.echo(f"{entry.code} ({entry.severity}): {entry.title}\n\n{entry.meaning}\n\n{entry.advice()}")
