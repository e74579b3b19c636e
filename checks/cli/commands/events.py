"""The command `cortex events`."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import msgspec
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
from checks.cli.view import show
from checks.errors import UsageError

if TYPE_CHECKING:
    from datetime import datetime

    from checks.event_log.entry import Entry
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

    They are read from the event log of `cortex agent` where there is one, else from the API server. With --follow, the
    format json is one line of the log for each entry.

    Exit code: 0 shown, 2 bad usage or a bad declaration, 3 the events of a namespace could not be read.
    """
    from datetime import UTC, datetime

    from checks.agent.run import log_folder
    from checks.event_log import files
    from checks.event_log.writer import is_written
    from checks.events.report import Choice, write

    if follow and output:
        raise UsageError("--follow: it has no end, and so no report for --output: leave one of them out")
    aim = target(stack, kubeconfig, context)
    folder = log or log_folder(stack)
    begin = datetime.now(UTC) - since
    choice = Choice("" if kind is Type.ALL else kind.value, reason, about)
    logged = bool(files.days(folder))
    if log and not logged:
        raise UsageError(f"--log: {log} has no event log: choose the folder that the agent got")
    if logged and not is_written(folder):
        typer.echo(
            f"cortex: warning: no agent writes the event log in {folder} at the moment, so it can lack newer events: "
            f"start `cortex agent {stack}`",
            err=True,
        )
    if follow:
        _follow(Followed(aim, folder if logged else None, begin, choice, output_format), kubeconfig, context)
    report = _of_log(aim, folder, begin, choice) if logged else _of_api(aim, begin, choice)
    show((report, partial(write, report)), output_format, output)


@dataclass(frozen=True)
class Followed:
    """What is followed: the log of a folder, or without one the API server."""

    target: "Target"
    folder: Path | None
    begin: "datetime"
    choice: "Choice"
    output_format: str

    def show(self, entry: "Entry") -> bool:
        """Write an entry if it is chosen; return whether standard output is still read."""
        from checks.event_log.rows import lines, row
        from checks.output import emit

        group = row(entry)
        if group and not self.choice.has(group):
            return True
        text = "\n".join(lines(entry)) if self.output_format == TEXT else msgspec.json.encode(entry).decode()
        return emit(lambda out: print(text, file=out))


def _follow(followed: Followed, kubeconfig: Path | None, context: str | None) -> NoReturn:
    import anyio

    from checks.agent import live_events
    from checks.event_log import reader

    async def log(folder: Path) -> None:
        async for entry in reader.follow(folder, followed.begin):
            if not followed.show(entry):
                return

    def reload() -> "Connection":
        return target(followed.target.stack, kubeconfig, context).connection

    if followed.folder:
        anyio.run(log, followed.folder)
    else:
        anyio.run(live_events.follow, followed.target, reload, followed.begin, followed.show)
    raise typer.Exit(0)


def _of_log(aim: "Target", folder: Path, begin: "datetime", choice: "Choice") -> "Events":
    from datetime import UTC, datetime

    from checks.event_log import files
    from checks.event_log.rows import gaps, joined
    from checks.events.report import of_log

    entries = [entry for entry in files.since(folder, begin) if entry]
    return of_log(aim, joined(entries), gaps(entries), begin, datetime.now(UTC), choice)


def _of_api(aim: "Target", begin: "datetime", choice: "Choice") -> "Events":
    from datetime import UTC, datetime

    import anyio

    from checks.events.events import read
    from checks.events.report import of_api

    readings = anyio.run(read, aim.declaration, aim.connection)
    return of_api(aim, readings, begin, datetime.now(UTC), choice)
