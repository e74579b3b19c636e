"""Show how much of their quotas the namespaces use, and what their pods use at the moment."""

import typer

from checks.options import Context, Format, FormatOption, Kubeconfig, Output, Stack, application, target

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

    from checks.looks import usage_of
    from checks.output import emit
    from checks.reports import document
    from checks.reports import usage as usage_report

    report = anyio.run(usage_of, target(stack, kubeconfig, context))
    if output_format is Format.JSON:
        emit(lambda out: print(document.render(report), end="", file=out), output)
    else:
        emit(lambda out: usage_report.write(report, out), output)
    raise typer.Exit(report.exit_code)
