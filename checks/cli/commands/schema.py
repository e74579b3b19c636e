"""The command `cortex schema`."""

import typer

from checks.cli.options import application

app = application()


@app.command()
def schema() -> None:
    """Print the JSON Schema of the stack files, for editors."""
    from stacks.schema import render

    typer.echo(render(), nl=False)
