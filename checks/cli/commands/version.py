"""The command `cortex version`."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed_version

import typer

from checks.cli.options import application

app = application()


@app.command()
def version() -> None:
    """Show the version."""
    try:
        typer.echo(f"cortex {installed_version('cortex-on-kubernetes')}")
    except PackageNotFoundError:
        typer.echo("cortex (not installed)")
