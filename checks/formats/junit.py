"""The report as JUnit XML, which Jenkins, GitLab and most CI systems show: one suite for each check.

A suite has one test case for all assertions that held (`assertions` is their number), and one for each finding and
each unknown. The outcomes agree with the exit code: a finding that gives 1 is a failure, an unknown an error. Findings
below `--fail-on` and suppressed findings are skipped tests.
"""

from pathlib import Path
from typing import TextIO
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from checks.formats import summary
from checks.plain_text import clean
from checks.results.result import Finding, Report, Result, Suppressed, Unknown, reasons

OUTCOMES = ("failure", "error", "skipped")


def write(report: Report, out: TextIO, _project: Path | None = None) -> None:
    """Write the report as JUnit XML."""
    out.write(render(report))


def render(report: Report) -> str:
    """Return the XML, with its declaration and a final newline."""
    root = Element("testsuites", name=summary.title(report))
    for result in report.results:
        _suite(root, report, result)
    if report.gap:
        suite = SubElement(root, "testsuite", name="Selection")
        _case(suite, "selection", "something was checked", "error", "not-checked", report.gap)
    for suite in root:
        _count(suite, list(suite.iter("testcase")))
    _count(root, list(root.iter("testcase")))
    del root.attrib["skipped"]  # the common schema allows it for suites only
    root.set("time", f"{report.seconds:.3f}")
    indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{tostring(root, encoding="unicode")}\n'


def _suite(root: Element, report: Report, result: Result) -> None:
    suite = SubElement(root, "testsuite", name=result.title)
    suite.set("timestamp", report.started.removesuffix("Z"))
    suite.set("time", f"{result.seconds:.3f}")
    properties = SubElement(suite, "properties")
    for name, value in {
        "context": report.context,
        "server": report.server,
        "declaration": report.declaration,
        "selection": str(report.selection),
    }.items():
        if value:
            SubElement(properties, "property", name=name, value=clean(value))
    if result.passed:
        case = _case(suite, result.name, "everything else is as declared")
        case.set("assertions", str(result.passed))
    for finding in result.findings:
        _finding(suite, report, result, finding)
    for entry in result.suppressed:
        _suppressed(suite, result, entry)
    for unknown in result.unknowns:
        _unknown(suite, result, unknown)
    for why in reasons(result.facts):
        _case(suite, result.name, "not checked", "skipped", message=why)
    if result.skipped:
        message = f"assertions skipped: {result.skipped}; a finding explains why"
        _case(suite, result.name, "assertions skipped", "skipped", message=message)


def _finding(suite: Element, report: Report, result: Result, finding: Finding) -> None:
    kind = "failure" if report.fails(finding) else "skipped"
    message = finding.message if kind == "failure" else f"{finding.severity}: {finding.message}"
    name = f"{finding.code} {finding.object}: {finding.message}"
    case = _case(suite, result.name, name, kind, finding.code, message)
    details = {"expected": finding.expected, "actual": finding.actual, "remedy": finding.remedy, "hint": finding.hint}
    case[0].text = "\n".join(f"{name}: {summary.shown(value)}" for name, value in details.items())


def _suppressed(suite: Element, result: Result, entry: Suppressed) -> None:
    name = f"{entry.finding.code} {entry.finding.object}: {entry.finding.message}"
    _case(suite, result.name, name, "skipped", message=f"suppressed until {entry.until}: {entry.reason}")


def _unknown(suite: Element, result: Result, unknown: Unknown) -> None:
    _case(suite, result.name, unknown.what, "error", unknown.reason.value, unknown.message)


def _case(suite: Element, check: str, name: str, kind: str = "", code: str = "", message: str = "") -> Element:
    case = SubElement(suite, "testcase", classname=f"cortex.{check}", name=clean(name), time="0")
    if kind:
        outcome = SubElement(case, kind, message=clean(message))
        if code and kind != "skipped":
            outcome.set("type", code)
    return case


def _count(element: Element, cases: list[Element]) -> None:
    element.set("tests", str(len(cases)))
    for outcome, name in zip(OUTCOMES, ("failures", "errors", "skipped"), strict=True):
        element.set(name, str(sum(case.find(outcome) is not None for case in cases)))
