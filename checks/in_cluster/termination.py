"""Writes the termination message of a verification in a pod: the first findings, in a few lines.

Kubernetes shows it in the status of the pod, and Pulumi in the error of the Job.
Source: Kubernetes, "Determine the Reason for Pod Failure".
"""

import socket
from contextlib import suppress
from pathlib import Path

from checks.formats import summary
from checks.plain_text import clean, shortened
from checks.results.result import Finding, Report, Unknown
from stacks.model import names

PLACE = Path("/dev/termination-log")
"""The file that the kubelet reads: the default of `terminationMessagePath`."""

_SHOWN = 3
_LONGEST = 300
"""Characters of one line; Kubernetes keeps 4096 bytes of the whole message."""


def write(report: Report, place: Path = PLACE) -> None:
    """Write the message of a failed verification; if the file does not exist, Kubernetes shows the end of the log."""
    if report.exit_code:
        with suppress(OSError):
            place.write_text(message(report, socket.gethostname()))


def message(report: Report, pod: str) -> str:
    """Return the conclusion, the first three findings and unknowns, and the command that shows all of them."""
    wrong = [_finding(finding) for finding in report.findings if report.fails(finding)]
    wrong += [_unknown(unknown) for unknown in report.unknowns]
    more = f"and {len(wrong) - _SHOWN} more; " if len(wrong) > _SHOWN else ""
    everything = f"{more}all of it: kubectl -n {names.SYSTEM_NAMESPACE} logs {pod}"
    lines = [summary.conclusion(report), *wrong[:_SHOWN], everything]
    return "\n".join(shortened(clean(line), _LONGEST) for line in lines)


def _finding(finding: Finding) -> str:
    values = f"expected {summary.shown(finding.expected)}, actual {summary.shown(finding.actual)}"
    return f"{finding.object}: {finding.message} ({finding.code}: {values})"


def _unknown(unknown: Unknown) -> str:
    return f"could not {unknown.what}: {unknown.message} ({unknown.reason.value})"
