"""Run an agent until a signal ends it."""

import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import anyio
from platformdirs import user_state_path

from checks.agent.agent import Agent
from checks.agent.http_app import listen
from checks.agent.problem_reporter import ProblemReporter
from checks.errors import INTERRUPTED
from checks.kube.connection import Connection
from checks.kube.watch.connector import Connector
from checks.target import Target
from stacks.model import names

GARBAGE_THRESHOLD = 2_000
"""How many new objects start the garbage collection."""


def log_folder(stack: str) -> Path:
    """Return the user's folder of the event log of a stack."""
    return user_state_path("cortex-events") / stack


@dataclass(frozen=True)
class Files:
    """A file that the agent keeps current, and a folder with the addresses of webhooks."""

    registry: Path | None = None
    webhooks: Path | None = None


async def run(
    followed: Callable[[], Awaitable[Target]],
    reload: Callable[[], Connection],
    log: Path | None,
    listen_at: str,
    files: Files,
) -> None:
    """Follow a cluster until SIGTERM or SIGINT.

    Raises:
        UsageError: the folder of the log, or the address to listen at, cannot be used.
        UncheckedError: the deployed declaration cannot be read.
    """
    target = await followed()
    listener = listen(listen_at) if listen_at else None
    # Pods of the Deployment elect a leader; an agent on a desk is alone, and leads if it has the log.
    identity = os.environ.get(names.AGENT_IDENTITY, "") if target.connection.inside else ""
    folder = log or log_folder(target.stack)
    agent = Agent(
        target,
        Connector(target.connection, reload),
        folder,
        registry=files.registry,
        webhooks=files.webhooks,
        identity=identity,
    )
    await agent.log.open()
    _say(f"follows the cluster of context {target.connection.context}; event log: {agent.log.folder}")
    if agent.log.waits:
        _say(f"{agent.log.waits}; until then this one only follows")
    if listener:
        host, port = listener.getsockname()[:2]
        _say(f"serves /metrics, /healthz, /readyz, /events and /registry at {host}:{port}")
    # The threshold of the other commands is for short ones. Here it would let some megabytes of garbage pile up.
    gc.set_threshold(GARBAGE_THRESHOLD)
    gc.freeze()
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async with anyio.create_task_group() as group:
            group.start_soon(agent.run, listener)
            group.start_soon(ProblemReporter(agent.problems, _say).run)
            number = await anext(signals)
            group.cancel_scope.cancel()
    if number == signal.SIGINT:
        sys.exit(INTERRUPTED)


def _say(text: str) -> None:
    sys.stderr.write(f"cortex: {text}\n")
    sys.stderr.flush()
