"""Show the cluster's figures and health."""

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
def metrics(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Show the cluster's figures and health, as kube-state-metrics tells them.

    Exit code: 0 no error, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked.
    """
    import anyio

    from checks.formats.json import render
    from checks.metrics.check import CHECK
    from checks.metrics.overview import metrics_report
    from checks.metrics.report import write
    from checks.output import emit, show
    from checks.snapshot.take import take

    aim = target(stack, kubeconfig, context)
    report = metrics_report(aim, anyio.run(take, aim.declaration, aim.connection, [CHECK]))
    if output_format is Format.JSON:
        show(render(report), output)
    else:
        emit(lambda out: write(report, out), output)
    raise typer.Exit(report.exit_code)
