"""Write the plan and the result of a repair as text."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from typing import TextIO

from rich.text import Text

from checks.formats.summary import count, shown
from checks.formats.text import SEVERITIES, grouped, head, write_parts
from checks.kube.client import forbidden
from checks.plain_text import clean
from checks.repair.actions import Action, Because, Left, Outcome, Report, Verb

_STYLES = {Outcome.DONE: "green", Outcome.GONE: "green", Outcome.PLANNED: "cyan"}


def write_plan(report: Report, out: TextIO) -> None:
    """Write the plan; coloured if `out` is a terminal."""
    write_parts(_plan(report), out)


def write_result(report: Report, out: TextIO) -> None:
    """Write the outcomes of the plan, and the findings that are left."""
    write_parts(_result(report), out)


def _plan(report: Report) -> Iterator[Text]:
    yield head("repair", report.stack, report.context, report.server)
    yield from _actions(report.actions)
    yield from _left(report.left)
    if report.gone:
        yield Text("\nAlready fixed", style="bold")
        yield from (Text(f"  {clean(line)}") for line in report.gone)
    yield from _unknowns(report)
    yield Text()
    yield Text(_summary(report), style="bold")


def _summary(report: Report) -> str:
    if not report.actions and not report.left:
        return "The cluster could not be checked: see above." if report.unknowns else "Nothing to repair."
    changes, entries = len(report.actions), len(report.left)
    found = count(entries, "finding", "findings")
    return f"Plan: {count(changes, 'change', 'changes')}; {found} not repaired here."


def _result(report: Report) -> Iterator[Text]:
    if report.missing:
        yield Text("\nNothing was changed", style="bold red")
        yield from (Text(f"  {forbidden(permission)}") for permission in report.missing)
        return
    yield Text("\nResult", style="bold")
    for action in report.actions:
        field = f" {action.field}" if action.field else ""
        text = Text("  ").append(f"{action.outcome.value:<9}", style=_STYLES.get(action.outcome, "bold red"))
        text.append(clean(f" {action.verb.value} {action.object}{field}"))
        yield text.append(clean(f": {action.message}" if action.message else ""))
    yield from _left(report.left)
    yield from _unknowns(report)
    yield Text()
    fixed = sum(action.is_fixed for action in report.actions)
    yield Text(
        f"Fixed: {fixed} of {count(len(report.actions), 'change', 'changes')}; "
        f"{count(len(report.left), 'finding', 'findings')} left (exit {report.exit_code}).",
        style="green" if report.exit_code == 0 else "bold yellow",
    )


def _actions(actions: Iterable[Action]) -> Iterator[Text]:
    for obj, some in groupby(actions, key=attrgetter("object")):
        yield Text(f"\n{clean(str(obj))}", style="bold")
        for action in some:
            yield _action(action)


def _action(action: Action) -> Text:
    text = Text("  ").append(action.verb.value, style="bold red" if action.verb is Verb.DELETE else "cyan")
    text.append(clean(f" {action.field or 'the object'}")).append(f"  {', '.join(action.codes)}", style="dim")
    lines = [("from", shown(action.from_)), ("to", shown(action.to))] if action.field else []
    for name, value in (*lines, ("by", clean(str(action.author)) if action.author else "(unknown)")):
        text.append(f"\n    {name:<8} ", style="dim").append(value)
    return text


def _left(entries: Iterable[Left]) -> Iterator[Text]:
    some = list(entries)
    pulumi = [entry for entry in some if entry.because is Because.PULUMI]
    others = [entry for entry in some if entry.because is not Because.PULUMI]
    if pulumi:
        yield Text(f"\nTo be fixed by `{pulumi[0].todo}`: {count(len(pulumi), 'finding', 'findings')}", style="bold")
        for entry in pulumi:
            yield _entry(entry)
    if others:
        yield Text("\nTo be fixed by you", style="bold")
        for entry in others:
            yield _entry(entry).append("\n    do       ", style="dim").append(clean(entry.todo))


def _entry(entry: Left) -> Text:
    text = Text("  ").append(entry.severity.value, style=SEVERITIES[entry.severity])
    text.append(f" {entry.code}", style="cyan")
    return text.append(f"  {clean(f'{entry.object}: {entry.message}')}")


def _unknowns(report: Report) -> Iterator[Text]:
    if report.unknowns:
        yield Text("\nCould not be checked", style="bold")
        yield from grouped(report.unknowns)
