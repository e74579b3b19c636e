"""The command `cortex teams`."""

from pathlib import Path

import typer

app = typer.Typer()


@app.command()
def teams(stack: str) -> None:
    """Show the namespaces of a stack, which each need a team."""
    from stacks import load

    for name, namespace in load(stack, Path()).namespaces.items():
        typer.echo(f"{name}  {namespace.description}")
