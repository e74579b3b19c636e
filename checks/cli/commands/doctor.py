"""Look at the connection to a stack's cluster."""

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from typing import TextIO

app = application()


@app.command()
def doctor(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Look at the connection to a stack's cluster: which way, as whom, and how well it works.

    Exit code: 0 well, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked.
    """
    import anyio

    from checks.connection import report
    from checks.connection.diagnosis import diagnose
    from checks.formats.json import render
    from checks.output import emit

    declared = target(stack, kubeconfig, context)
    diagnosis = anyio.run(diagnose, stack, declared.declaration, declared.connection)

    def write(out: "TextIO") -> None:
        if output_format is Format.JSON:
            out.write(render(diagnosis))
        else:
            report.write(diagnosis, out)

    emit(write, output)
    raise typer.Exit(diagnosis.exit_code)
