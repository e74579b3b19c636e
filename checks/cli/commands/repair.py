"""Put right what nobody declared and Pulumi leaves as it is.

It verifies, shows a plan, asks, writes, and verifies again.
"""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from checks.cli import options
from checks.cli.options import (
    Context,
    Format,
    FormatOption,
    Kubeconfig,
    Only,
    Stack,
    Threshold,
    application,
    target,
)
from checks.errors import INTERRUPTED, UsageError

if TYPE_CHECKING:
    from checks.repair.actions import Report

app = application()


@app.command()
def repair(
    stack: Stack,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and write nothing.")] = False,
    only: Only = None,
    obj: Annotated[
        str | None,
        typer.Option(
            "--object", metavar="OBJECT", help="Repair only this one: KIND NAMESPACE/NAME, as findings have it."
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
    output_format: FormatOption = Format.TEXT,
) -> None:
    """Put right what nobody declared and Pulumi leaves as it is: fields, objects, changed pods.

    Exit code: 0 nothing to do or all put right, 1 something is left, 2 bad usage or a bad declaration,
    3 something could not be checked, or a right is missing, 130 interrupted.
    """
    import anyio

    from checks.repair.run import carry_out, prepare

    _validate(output_format, yes=yes, dry_run=dry_run)
    asked = options.selection(only, None, Threshold.WARNING)
    repair = anyio.run(prepare, target(stack, kubeconfig, context), asked, obj)
    report = repair.planned(dry_run=dry_run)
    writes = bool(report.actions) and not dry_run
    if output_format is Format.TEXT:
        _show_plan(report)
    if writes and not yes:
        writes = _confirm(len(report.actions), report.context)
    if writes:
        if output_format is Format.TEXT:
            typer.echo("cortex: writing, then verifying until the cluster has settled", err=True)
        report = anyio.run(carry_out, repair)
        if output_format is Format.TEXT:
            _show_result(report)
    if output_format is Format.JSON:
        _show_json(report)
    if report.exit_code == INTERRUPTED:
        typer.echo("cortex: interrupted: run cortex repair again to finish", err=True)
    raise typer.Exit(report.exit_code)


def _confirm(number: int, context: str) -> bool:
    try:
        writes = typer.confirm(f"Write {number} {'change' if number == 1 else 'changes'} to {context}?", err=True)
    except typer.Abort:
        typer.echo("\ncortex: nothing was written", err=True)
        raise typer.Exit(INTERRUPTED) from None
    if not writes:
        typer.echo("cortex: nothing was written", err=True)
    return writes


def _validate(output_format: Format, *, yes: bool, dry_run: bool) -> None:
    if yes and dry_run:
        raise UsageError("--dry-run writes nothing: leave --yes out")
    if yes or dry_run:
        return
    if output_format is Format.JSON:
        raise UsageError("--format json does not ask: give --yes to write, or --dry-run to see the plan")
    if not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to ask on: give --yes to write without asking, or --dry-run to see the plan"
        )


def _show_plan(report: "Report") -> None:
    from checks.output import emit
    from checks.repair import report as repair

    emit(lambda out: repair.write_plan(report, out))


def _show_result(report: "Report") -> None:
    from checks.output import emit
    from checks.repair import report as repair

    emit(lambda out: repair.write_result(report, out))


def _show_json(report: "Report") -> None:
    from checks.formats.json import render
    from checks.output import show

    show(render(report))
