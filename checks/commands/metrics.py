"""Show the cluster's figures and health, as kube-state-metrics tells them."""

import typer

from checks.options import Context, Format, FormatOption, Kubeconfig, Output, Stack, application, target

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

    from checks.looks import metrics_of
    from checks.output import emit
    from checks.reports import cluster, document

    report = anyio.run(metrics_of, target(stack, kubeconfig, context))
    if output_format is Format.JSON:
        emit(lambda out: print(document.render(report), end="", file=out), output)
    else:
        emit(lambda out: cluster.write(report, out), output)
    raise typer.Exit(report.exit_code)
