"""Runs the verification that a command asks for, and writes its report."""

from pathlib import Path
from typing import TYPE_CHECKING

from checks.cli.options import TEXT, Threshold, target

if TYPE_CHECKING:
    from checks.formats.formats import Write
    from checks.results.result import Report, Selection


async def verified(
    stack: str,
    kubeconfig: Path | None,
    context: str | None,
    fail_on: Threshold,
    asked: "Selection",
    *,
    read_only: bool,
) -> "Report":
    """Read the declaration of a stack, and verify its cluster; with `read_only` there are no probe pods."""
    from dataclasses import replace

    from checks.results.result import Severity
    from checks.verification.verify import verify

    declared = target(stack, kubeconfig, context)
    connection = replace(declared.connection, read_only=read_only)
    return await verify(stack, declared.declaration, connection, Severity(fail_on), asked)


async def verified_in_cluster(fail_on: Threshold, asked: "Selection", *, deploying: bool) -> "Report":
    """Verify the cluster of this pod against the declaration that was deployed."""
    from checks.kube.connection import from_service_account
    from checks.results.result import Severity
    from checks.verification.verify import verify_deployed

    return await verify_deployed(from_service_account(), Severity(fail_on), asked, deploying=deploying)


def emit_report(report: "Report", output_format: str, output: Path | None, write_text: "Write | None" = None) -> None:
    """Write the report to a file, or to standard output; `write_text` replaces the format `text`."""
    from checks.cli.project import root
    from checks.formats.formats import formats
    from checks.output import emit

    write = write_text if write_text and output_format == TEXT else formats()[output_format].load()
    project = root(Path.cwd()) if report.stack else None
    emit(lambda out: write(report, out, project), output)
