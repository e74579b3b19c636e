"""Show the Secrets of a stack and their state; never a value."""

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
def secrets(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Show the Secrets of a stack, without a value, and judge them as `cortex verify` does.

    Exit code: 0 as declared, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked.
    """
    import anyio

    from checks.formats.json import render
    from checks.output import emit
    from checks.secrets.inventory import secrets_report
    from checks.secrets.report import secrets_text

    report = anyio.run(secrets_report, target(stack, kubeconfig, context))
    text = secrets_text(report) if output_format is Format.TEXT else render(report)
    emit(lambda out: out.writelines([text]), output)
    raise typer.Exit(report.exit_code)
