"""The command `cortex events`."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from checks.cli.options import (
    TEXT,
    Context,
    FormatOption,
    Kubeconfig,
    Output,
    Stack,
    application,
    duration_option,
    target,
)
from checks.cli.view import show, show_line
from checks.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from checks.event_log.entry import Entry
    from checks.event_log.reader import FolderLog
    from checks.event_log.remote import RemoteLog
    from checks.events.report import Choice, Events
    from checks.kube.connection import Connection
    from checks.target import Target

app = application()


class Type(StrEnum):
    """Which events are shown."""

    WARNING = "Warning"
    NORMAL = "Normal"
    CHANGE = "Change"
    ALERT = "Alert"
    REACTION = "Reaction"
    ALL = "all"


@app.command()
def events(
    stack: Stack,
    since: Annotated[
        timedelta, duration_option("--since", "How far back, such as 30m; most clusters keep events for an hour.", "1h")
    ] = timedelta(hours=1),
    kind: Annotated[Type, typer.Option("--type", help="The type of the events.")] = Type.ALL,
    reason: Annotated[str, typer.Option(help="Only events with this reason, such as BackOff.")] = "",
    about: Annotated[str, typer.Option("--object", help="Only events of objects with this text in kind or name.")] = "",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show what occurs until interrupted.")] = False,
    log: Annotated[Path | None, typer.Option(help="The folder of an event log; the default is the user's.")] = None,
    kubeconfig: Kubeconfig = None,
    context: Context = None,
    output_format: FormatOption = TEXT,
    output: Output = None,
) -> None:
    """Show the events of the declared namespaces by time, the newest last, repeated ones together.

    They are read from the event log of an agent: in the folder of --log, or else that of the cluster if the stack
    declares one, or else the user's. Without a log, the API server is asked. With --follow, the format json is one line
    of the log for each entry.

    Exit code: 0 shown, 2 bad usage or a bad declaration, 3 the events of a namespace could not be read.
    """
    from datetime import UTC, datetime

    from checks.events.report import Choice, write

    if follow and output:
        raise UsageError("--follow: it has no end, and so no report for --output: leave one of them out")
    aim = target(stack, kubeconfig, context)
    wanted = Wanted(aim, datetime.now(UTC) - since, Choice("" if kind is Type.ALL else kind.value, reason, about))
    kept = _log(aim, log)
    if follow:
        _follow(kept, wanted, output_format, lambda: target(stack, kubeconfig, context).connection)
    report = _past(kept, wanted)
    show((report, partial(write, report)), output_format, output)


@dataclass(frozen=True)
class Wanted:
    """What is shown: of which stack, since when, and which events."""

    target: "Target"
    begin: "datetime"
    choice: "Choice"


def _log(aim: "Target", folder: Path | None) -> "RemoteLog | FolderLog | None":
    """Return the log that is read; None if there is none."""
    from checks.agent.run import log_folder
    from checks.event_log import files
    from checks.event_log.reader import FolderLog
    from checks.event_log.remote import RemoteLog
    from checks.event_log.writer import is_written

    if aim.declaration.agent and folder is None:
        return RemoteLog(aim.connection)
    place = folder or log_folder(aim.stack)
    if not files.days(place):
        if folder:
            raise UsageError(f"--log: {folder} has no event log: choose the folder that the agent got")
        return None
    if not is_written(place):
        typer.echo(
            f"cortex: warning: no agent writes the event log in {place} at the moment, so it can lack newer events: "
            f"start `cortex agent {aim.stack}`",
            err=True,
        )
    return FolderLog(place)


def _past(kept: "RemoteLog | FolderLog | None", wanted: Wanted) -> "Events":
    """Return the report of a log, or of what the API server remembers."""
    from datetime import UTC, datetime

    import anyio

    from checks.errors import UncheckedError
    from checks.event_log.rows import gaps, joined
    from checks.events.events import read
    from checks.events.report import of_api, of_log

    aim, begin, choice = wanted.target, wanted.begin, wanted.choice
    if kept:
        try:
            entries = anyio.run(kept.past, begin)
        except UncheckedError as error:
            typer.echo(f"cortex: warning: {error}; these are the events that the API server remembers", err=True)
        else:
            return of_log(aim, joined(entries), gaps(entries), begin, datetime.now(UTC), choice)
    readings = anyio.run(read, aim.declaration, aim.connection)
    return of_api(aim, readings, begin, datetime.now(UTC), choice)


def _follow(
    kept: "RemoteLog | FolderLog | None", wanted: Wanted, output_format: str, reload: "Callable[[], Connection]"
) -> NoReturn:
    import anyio

    from checks.agent import live_events
    from checks.event_log.rows import lines, row

    def shown(entry: "Entry") -> bool:
        group = row(entry)
        if group and not wanted.choice.has(group):
            return True
        return show_line(entry, "\n".join(lines(entry)), output_format)

    async def follow() -> None:
        if kept is None:
            await live_events.follow(wanted.target, reload, wanted.begin, shown)
            return
        async for entry in kept.follow(wanted.begin):
            if not shown(entry):
                return

    anyio.run(follow)
    raise typer.Exit(0)
