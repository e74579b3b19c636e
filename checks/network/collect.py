"""Whether NetworkPolicies are enforced: short-lived pods try to connect to the MCP servers, and some must not."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from time import perf_counter

import anyio
import msgspec

from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.kube.resources import EVENTS, PODS, PROBE_LABEL
from checks.network.callers import Caller, asked, callers
from checks.network.probe_job import PREFIX, job
from checks.plain_text import brief
from checks.snapshot.reader import Collector, Reader
from stacks.model.declaration import Declaration

JOBS = Kind("apis/batch/v1", "jobs", k8s.Meta)

REPORT_SECONDS = 40.0
"""Longest wait for a probe pod: its start, the settling of its network, its report."""
PAUSE_SECONDS = 0.15

IGNORED = "the declaration says that the cluster's network does not enforce NetworkPolicies: whoever can, reaches them"
INSIDE = "enforcement is proved from outside, by `cortex verify STACK`: the verifier may not make probe pods"
READ_ONLY = "nothing may be made in the cluster (--read-only), so the policies are compared, and not tried"
NO_IMAGE = "probe pods run the verifier's image, and the stack declares no verifier: declare cortex:verifier"


class Outcome(StrEnum):
    """What became of a try to connect to a server's Service."""

    REACHED = "reached"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNRESOLVED = "unresolved"


Outcomes = Mapping[str, Outcome]
"""Server → outcome."""


@dataclass(frozen=True)
class Network:
    """What each caller reached, or, where nobody tried on purpose, why not."""

    attempts: Mapping[Caller, Reading[Outcomes]]
    skipped: str = ""


async def collect(reader: Reader) -> Network:
    """Let every caller try, all at the same time. Whatever happens, the Jobs are deleted."""
    declaration, connection = reader.declaration, reader.connection
    skipped, servers = _not_declared(declaration), asked(declaration)
    if servers and connection.inside:
        skipped = skipped or INSIDE
    elif connection.read_only:
        skipped = skipped or READ_ONLY
    if skipped or declaration.verifier is None:
        return Network({}, skipped)
    image = declaration.verifier.image
    attempts: dict[Caller, Reading[Outcomes]] = {}
    nodes = await reader.nodes()
    alone = isinstance(nodes, Read) and len(nodes.value) == 1
    run = secrets.token_hex(4)

    async def one(name: str, caller: Caller) -> None:
        document = job(name, caller, declaration, image, alone=alone)
        attempts[caller] = await _attempt(reader.api, caller, name, document, list(servers))

    async with anyio.create_task_group() as group:
        for number, caller in enumerate(callers(declaration)):
            group.start_soon(partial(one, f"{PREFIX}{run}-{number}", caller))
    return Network(attempts)


ATTEMPTS = Collector(collect)


def _not_declared(declaration: Declaration) -> str:
    """Say why the declaration wants nobody to try; nothing if it does."""
    if declaration.cluster.network_policies == "ignored":
        return IGNORED
    return NO_IMAGE if asked(declaration) and declaration.verifier is None else ""


async def _attempt(api: ApiClient, caller: Caller, name: str, document: object, kinds: list[str]) -> Reading[Outcomes]:
    start = perf_counter()
    try:
        made = await api.create(JOBS, caller.namespace, name, document)
        if isinstance(made, ReadFailure):
            return made
        reading = await _report(api, caller, name, kinds)
        return replace(reading, seconds=perf_counter() - start)
    finally:
        # Also on Ctrl-C. What is left of a program that was killed, Kubernetes removes.
        with anyio.CancelScope(shield=True):
            await api.delete(JOBS, caller.namespace, name)


async def _report(api: ApiClient, caller: Caller, name: str, kinds: list[str]) -> Reading[Outcomes]:
    what = f"connect to the MCP servers from {caller}"
    pods: tuple[k8s.Pod, ...] = ()
    with anyio.move_on_after(REPORT_SECONDS):
        while True:
            reading = await api.list(PODS, caller.namespace, labels=f"{PROBE_LABEL}={name}")
            if isinstance(reading, ReadFailure):
                return reading
            pods = reading.value
            for ended in _ended(pods):
                return _outcomes(what, ended, kinds)
            await anyio.sleep(PAUSE_SECONDS)
    why = _waiting(pods) or await _warning(api, caller.namespace, name)
    message = f"the probe pod did not report within {REPORT_SECONDS:g} s" + (f": {why}" if why else "")
    return ReadFailure(what, Reason.TIMEOUT, message)


def _ended(pods: tuple[k8s.Pod, ...]) -> list[k8s.Terminated]:
    states = (status.state.terminated for pod in pods for status in pod.status.container_statuses)
    return [state for state in states if state is not None]


class _Report(msgspec.Struct, frozen=True):
    """What the program of a probe pod leaves."""

    alive: bool
    outcomes: list[Outcome]


def _outcomes(what: str, ended: k8s.Terminated, kinds: list[str]) -> Reading[Outcomes]:
    if ended.exit_code or not ended.message:
        said = " ".join(ended.message.split())[-200:]
        message = f"the probe pod ended without a report: {ended.reason}, exit code {ended.exit_code}: {said}"
        return ReadFailure(what, Reason.FAILED, message.rstrip(": "))
    try:
        report = msgspec.json.decode(ended.message, type=_Report)
        if not report.alive:
            message = "the probe pod could not reach its DNS server, so that nothing it is refused proves anything"
            return ReadFailure(what, Reason.FAILED, message)
        return Read(dict(zip(kinds, report.outcomes, strict=True)), 0.0)
    except (msgspec.MsgspecError, ValueError):
        return ReadFailure(what, Reason.UNDECODABLE, "the probe pod's report is none that this version understands")


def _waiting(pods: tuple[k8s.Pod, ...]) -> str:
    states = (status.state.waiting for pod in pods for status in pod.status.container_statuses)
    reasons = [f"{state.reason} {state.message}" for state in states if state is not None]
    conditions = (condition for pod in pods for condition in pod.status.conditions)
    reasons += [c.message for c in conditions if c.type == "PodScheduled" and c.status == "False"]
    return brief("; ".join(reasons))


async def _warning(api: ApiClient, namespace: str, name: str) -> str:
    """Say why the Job has no pod: a quota or a policy that forbids it shows in an event alone."""
    events = await api.list(EVENTS, namespace, fields=f"involvedObject.name={name},type=Warning")
    if isinstance(events, ReadFailure) or not events.value:
        return ""
    return brief(events.value[-1].message)
