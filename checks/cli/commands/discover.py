"""Find the MCP servers that are there, declared or not."""

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
def discover(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Find the MCP servers that are there, declared or not, by their labels and annotations.

    Exit code: 0 the declared ones are ready and there are no others, 1 not so, 2 bad usage or a bad declaration, 3
    something could not be read.
    """
    import anyio

    from checks.formats.json import render
    from checks.output import show
    from checks.servers.discovery import look
    from checks.servers.report import document, text
    from checks.verification.verify import now

    aim = target(stack, kubeconfig, context)
    found = document(aim, anyio.run(look, aim.declaration, aim.connection), now().date())
    shown = render(found) if output_format is Format.JSON else text(found)
    show(shown, output)
    raise typer.Exit(found.exit_code)
