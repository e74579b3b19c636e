"""Show what the stack's accounts may do, and what that opens."""

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
def connection(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = Format.TEXT,
    output: Output = None,
) -> None:
    """Show what the stack's accounts may do, as declared and live, and which further rights that opens.

    Exit code: 0 as declared, 1 findings, 2 bad usage or a bad declaration, 3 something could not be checked.
    """
    import anyio

    from checks.formats.json import render
    from checks.output import emit
    from checks.rbac import report
    from checks.rbac.matrix import draw

    declared = target(stack, kubeconfig, context)
    matrix = anyio.run(draw, stack, declared.declaration, declared.connection)

    def write(out: "TextIO") -> None:
        if output_format is Format.JSON:
            out.write(render(matrix))
        else:
            report.write(matrix, out)

    emit(write, output)
    raise typer.Exit(matrix.exit_code)
