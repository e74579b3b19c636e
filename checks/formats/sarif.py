"""The report as SARIF 2.1.0 (OASIS), for GitHub code scanning and other viewers.

A result has the line of the stack file that declares its object; without a stack file (in a cluster) it has only the
Kubernetes object. What could not be checked is not a result, but a notification of a failed invocation.
"""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO
from urllib.parse import quote

from checks.formats import summary
from checks.formats.source import Source, read
from checks.kube.reading import Reason
from checks.plain_text import clean
from checks.results.catalogue import Entry, catalogue
from checks.results.result import Finding, Report, Severity, Status, Suppressed, Unknown

VERSION = "2.1.0"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

Json = dict[str, object]


def write(report: Report, out: TextIO, project: Path | None = None) -> None:
    """Write the report as SARIF; each result has its line in the stack file, if there is one."""
    out.write(render(report, read(report.stack, project) if report.stack and project else None))


def render(report: Report, source: Source | None) -> str:
    """Return the SARIF file, indented, with a final newline."""
    document = {"$schema": SCHEMA, "version": VERSION, "runs": [_run(report, source)]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _run(report: Report, source: Source | None) -> Json:
    rules = list(catalogue())
    results = [_result(finding, rules.index(finding.code), source) for finding in report.findings]
    for entry in report.suppressed:
        result = _result(entry.finding, rules.index(entry.finding.code), source)
        results.append({**result, "suppressions": [_suppression(entry)]})
    # A viewer closes what a later run of the same name does not report, so each selection has its own name.
    parts = ["cortex verify", report.stack or report.context, str(report.selection)]
    run: Json = {
        "tool": {"driver": {"name": "cortex", "rules": [_rule(entry) for entry in catalogue().values()]}},
        "automationDetails": {"id": "".join(f"{quote(part)}/" for part in parts if part)},
        "invocations": [_invocation(report)],
        "results": results,
    }
    if selection := str(report.selection):
        run["properties"] = {"selection": clean(selection)}
    return run


def _rule(entry: Entry) -> Json:
    help_text = f"{entry.meaning}\n\n{entry.advice()}"
    return {
        "id": entry.code,
        "shortDescription": {"text": entry.title},
        "fullDescription": {"text": entry.meaning},
        "help": {"text": help_text, "markdown": help_text},
        "defaultConfiguration": {"level": _level(entry.severity)},
        "properties": {"tags": [entry.code.split(".")[0]]},
    }


def _level(severity: Severity) -> str:
    return "error" if severity is Severity.ERROR else "warning"


def _result(finding: Finding, rule: int, source: Source | None) -> Json:
    name = clean(str(finding.object))
    logical = {"fullyQualifiedName": name, "name": clean(finding.object.name), "kind": "resource"}
    location: Json = {"logicalLocations": [logical]}
    if source:
        location["physicalLocation"] = {
            "artifactLocation": {"uri": quote(source.uri), "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": source.line(finding)},
        }
    expected, actual = summary.shown(finding.expected), summary.shown(finding.actual)
    message = f"{name}: {clean(finding.message)}. Expected: {expected}. Actual: {actual}. What to do: {finding.hint}."
    return {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": _level(finding.severity),
        # `[text](target)` would be a link (SARIF 2.1.0, section 3.11.6).
        "message": {"text": message.replace("](", "] (")},
        "locations": [location],
        "partialFingerprints": {"finding/v1": _fingerprint(finding)},
        "properties": {"expected": expected, "actual": actual, "remedy": finding.remedy},
    }


def _suppression(entry: Suppressed) -> Json:
    reason = f"until {entry.until}: {clean(entry.reason)}"
    return {"kind": "external", "status": "accepted", "justification": reason}


def _fingerprint(finding: Finding) -> str:
    text = "\0".join((finding.code, str(finding.object), str(finding.expected)))
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _invocation(report: Report) -> Json:
    return {
        "executionSuccessful": report.status is not Status.UNKNOWN and not report.unknowns,
        "exitCode": report.exit_code,
        "exitCodeDescription": summary.conclusion(report),
        "startTimeUtc": report.started,
        "toolExecutionNotifications": _notifications(report.unknowns, report.gap),
    }


def _notifications(unknowns: Iterable[Unknown], gap: str) -> list[Json]:
    texts = [(unknown.reason, f"{clean(unknown.what)}: {clean(unknown.message)}") for unknown in unknowns]
    texts += [(Reason.BUG, gap)] if gap else []
    return [
        {"level": "error", "descriptor": {"id": f"unknown/{reason}"}, "message": {"text": text}}
        for reason, text in texts
    ]
