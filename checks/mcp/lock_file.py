"""`cortex mcp lock`: write what the MCP servers of a stack say of their tools into the file that the stack names."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, TextIO

import anyio
import msgspec

from checks.errors import UncheckedError, UsageError
from checks.mcp.answer import DEADLINE_SECONDS, Answer, Outcome
from checks.mcp.client import ask_every_pod, declared_server
from checks.mcp.definition import PARTS, Definitions
from checks.mcp.pods_report import definitions, greeting
from checks.output import show
from checks.plain_text import clean
from checks.results.cluster_document import head
from checks.results.document import Document
from checks.target import Target
from stacks.model import names
from stacks.model.yaml_text import yaml_of
from stacks.tool_lock import read_lock

SCHEMA = "cortex.dev/mcp-lock/v1"

Lock = Mapping[str, Mapping[str, object]]


class LockedServer(msgspec.Struct, frozen=True):
    """A server in the lock. `changed` are the tools that are new, gone or described differently.

    What a server says that wants credentials and has none in the declaration is not known: its entry stays as it was.
    """

    type: str
    state: Literal["locked", "gated"]
    tools: tuple[str, ...]
    changed: tuple[str, ...]


class LockReport(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex mcp lock`."""

    file: str
    servers: tuple[LockedServer, ...]


def lock(target: Target, kind: str, path: Path) -> LockReport:
    """Ask one server, or with an empty `kind` all, and write the file, as a whole or not at all.

    Raises:
        UsageError: the stack declares no such server, or the file is not a lock, or cannot be written.
        UncheckedError: a server does not answer, or its pods differ; then nothing is written.
    """
    before = _read(path)
    after = {} if not kind else dict(before)
    found = []
    for each, tools in anyio.run(_ask, target, [kind] if kind else _running(target)).items():
        old = before.get(each, {})
        if tools is None:
            after |= {each: old} if old else {}
            found.append(LockedServer(each, "gated", tuple(old), ()))
        else:
            after[each] = tools
            found.append(LockedServer(each, "locked", tuple(sorted(tools)), tuple(_changed(old, tools))))
    # An interrupt ends the command before this or after it: within an event loop, it would end what is written already.
    show(_text(target.stack, after), path)
    return LockReport(**head(SCHEMA, target, 0), file=path.name, servers=tuple(found))


async def _ask(target: Target, kinds: Iterable[str]) -> dict[str, Definitions | None]:
    return {kind: await _tools(target, kind) for kind in kinds}


def _read(path: Path) -> Lock:
    if not path.exists():
        return {}
    try:
        return read_lock(path)
    except ValueError as error:
        raise UsageError(f"{path.name} {error}, after deleting it") from error


def _running(target: Target) -> Iterable[str]:
    return [kind for kind, server in sorted(target.declaration.servers.items()) if server.replicas]


async def _tools(target: Target, kind: str) -> Definitions | None:
    """Return what all pods of a server say alike; None if it wants credentials."""
    replies = await ask_every_pod(target, kind, greeting, DEADLINE_SECONDS)
    silent = {reply.pod: reply.value for reply in replies if isinstance(reply.value, Answer)}
    if len(silent) == len(replies) and all(answer.outcome is Outcome.GATED for answer in silent.values()):
        return None
    space = declared_server(target, kind).namespace
    for pod, answer in silent.items():
        raise UncheckedError(f"nothing was written: pod {space}/{pod}: {answer.detail}")
    if len({json.dumps(definitions(reply), sort_keys=True) for reply in replies}) > 1:
        raise UncheckedError(
            f"nothing was written: the pods of {space}/{names.server(kind)} differ: "
            f"`cortex mcp tools {target.stack} {kind}` shows in what"
        )
    return definitions(replies[0])


def _changed(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    return sorted(tool for tool in {*before, *after} if before.get(tool) != after.get(tool))


def _text(stack: str, lock: Lock) -> str:
    content = {kind: {tool: _ordered(tools[tool]) for tool in sorted(tools)} for kind, tools in sorted(lock.items())}
    return f"# What the MCP servers say of their tools, as `cortex mcp lock {stack}` found it.\n{yaml_of(content)}"


def _ordered(definition: object) -> object:
    """Return a definition in the same order each time, so that a difference in the file is one in what it says."""
    parts = json.loads(json.dumps(definition, sort_keys=True))
    return {part: parts[part] for part in PARTS if part in parts}


def write(report: LockReport, out: TextIO) -> None:
    """Write a line for each server."""
    for server in report.servers:
        if server.state == "gated":
            out.write(f"{server.type}: not locked: it wants credentials, and the stack declares none\n")
            continue
        changed = f"changed: {', '.join(map(clean, server.changed))}" if server.changed else "as before"
        out.write(f"{server.type}: {len(server.tools)} tools, {changed}\n")
    out.write(f"{report.file} is written: review it, and commit it.\n")
