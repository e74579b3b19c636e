"""Show how much of their quotas the namespaces use."""

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
def usage(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Show how much of their quotas the namespaces use, and what their pods use at the moment.

    Exit code: 0 no error, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked.
    """
    import anyio

    from checks.formats.json import render
    from checks.output import emit, show
    from checks.snapshot.take import take
    from checks.usage.check import CHECK
    from checks.usage.overview import usage_report
    from checks.usage.report import write

    aim = target(stack, kubeconfig, context)
    report = usage_report(aim, anyio.run(take, aim.declaration, aim.connection, [CHECK]))
    if output_format is Format.JSON:
        show(render(report), output)
    else:
        emit(lambda out: write(report, out), output)
    raise typer.Exit(report.exit_code)
