"""Show how the declared workloads fare."""

import typer

from checks.cli.options import (
    Context,
    Format,
    FormatOption,
    Kubeconfig,
    Output,
    Stack,
    application,
    target,
)

app = application()


@app.command()
def health(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Show how the declared workloads fare: pods, restarts, last trouble, and what the probe paths answer.

    Exit code: 0 all well, 1 not so, 2 bad usage or a bad declaration, 3 something could not be checked.
    """
    import anyio

    from checks.formats.json import render
    from checks.health.check import CHECK
    from checks.health.overview import report
    from checks.health.report import text
    from checks.output import show
    from checks.snapshot.take import take

    aim = target(stack, kubeconfig, context)
    seen = report(aim, anyio.run(take, aim.declaration, aim.connection, [CHECK]))
    show(render(seen) if output_format is Format.JSON else text(seen), output)
    raise typer.Exit(seen.exit_code)
