"""Show the ConfigMaps of a stack, and whether they are right."""

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
def config(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Show the ConfigMaps of a stack, and whether the cluster runs the declaration of this checkout.

    Exit code: 0 as declared, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked.
    """
    import anyio

    from checks.config.inventory import config_report
    from checks.config.report import config_text
    from checks.formats.json import render
    from checks.output import emit

    report = anyio.run(config_report, target(stack, kubeconfig, context))
    text = config_text(report) if output_format is Format.TEXT else render(report)
    emit(lambda out: out.writelines([text]), output)
    raise typer.Exit(report.exit_code)
