"""Run an agent until a signal ends it."""

import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
from platformdirs import user_state_path

from checks.agent.agent import Agent
from checks.errors import INTERRUPTED
from checks.event_log.writer import EventLog, Retention
from checks.kube.connection import Connection
from checks.kube.watch.connector import Connector
from checks.target import Target


def log_folder(stack: str) -> Path:
    """Return the user's folder of the event log of a stack."""
    return user_state_path("cortex-events") / stack


async def run(followed: Callable[[], Awaitable[Target]], reload: Callable[[], Connection], folder: Path | None) -> None:
    """Follow a cluster until SIGTERM or SIGINT.

    Raises:
        UsageError: the folder of the log cannot be used.
        UncheckedError: another agent writes this log.
    """
    target = await followed()
    log_to = folder or log_folder(target.stack)
    log = EventLog(log_to, Retention())
    agent = Agent(target, Connector(target.connection, reload), log, log_to)
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with anyio.create_task_group() as group:
            group.start_soon(agent.run)
            async for number in signals:
                group.cancel_scope.cancel()
                break
    log.close()
    if number == signal.SIGINT:
        sys.exit(INTERRUPTED)
