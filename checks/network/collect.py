"""Collect what short-lived probe pods could connect to, which shows whether NetworkPolicies are enforced."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from time import perf_counter

import anyio
import msgspec

from checks.kube import models as k8s
from checks.kube.client import ApiClient, Kind
from checks.kube.concurrent import read_each
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.kube.resources import EVENTS, PODS, PROBE_LABEL
from checks.network.callers import Caller, asked, callers
from checks.network.probe_job import PREFIX, job
from checks.plain_text import brief
from checks.snapshot.reader import Collector, Reader
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner

JOBS = Kind("apis/batch/v1", "jobs", k8s.Meta)

REPORT_SECONDS = 40.0
"""Timeout for a probe pod: its start, the setup of its network, and its report."""
PAUSE_SECONDS = 0.15

IGNORED = (
    "the declaration says that the cluster's network does not enforce NetworkPolicies, so no probe pods are started"
)
INSIDE = "the in-cluster verifier must not create probe pods, by design: run `cortex verify STACK` outside the cluster"
READ_ONLY = "with --read-only no probe pods are created, so the policies are compared, but not tried"
NO_IMAGE = "probe pods run the verifier's image, but the stack declares no verifier: declare cortex:verifier"


class Outcome(StrEnum):
    """The outcome of an attempt to connect to the Service of a server or workload."""

    REACHED = "reached"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNRESOLVED = "unresolved"


Outcomes = Mapping[Owner, Outcome]
"""Server or workload → outcome."""


@dataclass(frozen=True)
class Network:
    """The attempts of each caller; `skipped` is the reason if there were none on purpose."""

    attempts: Mapping[Caller, Reading[Outcomes]]
    skipped: str = ""


async def collect(reader: Reader) -> Network:
    """Start a probe pod for every caller, all concurrently. Its Job is always deleted."""
    declaration, connection = reader.declaration, reader.connection
    skipped, targets = _skipped(declaration), asked(declaration)
    if targets and connection.inside:
        skipped = skipped or INSIDE
    elif connection.read_only:
        skipped = skipped or READ_ONLY
    if skipped or declaration.verifier is None:
        return Network({}, skipped)
    image = declaration.verifier.image
    nodes = await reader.nodes()
    single_node = isinstance(nodes, Read) and len(nodes.value) == 1
    run = secrets.token_hex(4)
    jobs = {caller: f"{PREFIX}{run}-{number}" for number, caller in enumerate(callers(declaration))}

    async def attempt(caller: Caller) -> Reading[Outcomes]:
        document = job(jobs[caller], caller, declaration, image, single_node=single_node)
        return await _attempt(reader.api, caller, jobs[caller], document, list(targets))

    return Network(await read_each(attempt, jobs))


ATTEMPTS = Collector(collect)


def _skipped(declaration: Declaration) -> str:
    """Return why the declaration excludes probe pods; empty if it does not."""
    if declaration.cluster.network_policies == "ignored":
        return IGNORED
    return NO_IMAGE if asked(declaration) and declaration.verifier is None else ""


async def _attempt(
    api: ApiClient, caller: Caller, name: str, document: object, targets: list[Owner]
) -> Reading[Outcomes]:
    start = perf_counter()
    try:
        created = await api.create(JOBS, caller.namespace, name, document)
        if isinstance(created, ReadFailure):
            return created
        reading = await _report(api, caller, name, targets)
        return replace(reading, seconds=perf_counter() - start)
    finally:
        # Also on Ctrl-C. If this program is killed, Kubernetes removes the Job.
        with anyio.CancelScope(shield=True):
            await api.delete(JOBS, caller.namespace, name)


async def _report(api: ApiClient, caller: Caller, name: str, targets: list[Owner]) -> Reading[Outcomes]:
    what = f"connect to servers and workloads from {caller}"
    pods: tuple[k8s.Pod, ...] = ()
    with anyio.move_on_after(REPORT_SECONDS):
        while True:
            reading = await api.list(PODS, caller.namespace, labels=f"{PROBE_LABEL}={name}")
            if isinstance(reading, ReadFailure):
                return reading
            pods = reading.value
            for ended in _ended(pods):
                return _outcomes(what, ended, targets)
            await anyio.sleep(PAUSE_SECONDS)
    why = _waiting(pods) or await _warning(api, caller.namespace, name)
    message = f"the probe pod did not report within {REPORT_SECONDS:g} s" + (f": {why}" if why else "")
    return ReadFailure(what, Reason.TIMEOUT, message)


def _ended(pods: tuple[k8s.Pod, ...]) -> list[k8s.Terminated]:
    states = (status.state.terminated for pod in pods for status in pod.status.container_statuses)
    return [state for state in states if state is not None]


class _Report(msgspec.Struct, frozen=True):
    """The report of a probe pod's program."""

    alive: bool
    outcomes: list[Outcome]


def _outcomes(what: str, ended: k8s.Terminated, targets: list[Owner]) -> Reading[Outcomes]:
    if ended.exit_code or not ended.message:
        output = " ".join(ended.message.split())[-200:]
        message = f"the probe pod ended without a report: {ended.reason}, exit code {ended.exit_code}: {output}"
        return ReadFailure(what, Reason.FAILED, message.rstrip(": "))
    try:
        report = msgspec.json.decode(ended.message, type=_Report)
        if not report.alive:
            message = "the probe pod could not reach its DNS server, so its refused connections prove nothing"
            return ReadFailure(what, Reason.FAILED, message)
        return Read(dict(zip(targets, report.outcomes, strict=True)), 0.0)
    except (msgspec.MsgspecError, ValueError):
        return ReadFailure(what, Reason.UNDECODABLE, "this version of cortex cannot read the probe pod's report")


def _waiting(pods: tuple[k8s.Pod, ...]) -> str:
    states = (status.state.waiting for pod in pods for status in pod.status.container_statuses)
    reasons = [f"{state.reason} {state.message}" for state in states if state is not None]
    conditions = (condition for pod in pods for condition in pod.status.conditions)
    reasons += [c.message for c in conditions if c.type == "PodScheduled" and c.status == "False"]
    return brief("; ".join(reasons))


async def _warning(api: ApiClient, namespace: str, name: str) -> str:
    """Return why the Job has no pod: only an event shows that a quota or a policy forbids it."""
    events = await api.list(EVENTS, namespace, fields=f"involvedObject.name={name},type=Warning")
    if isinstance(events, ReadFailure) or not events.value:
        return ""
    return brief(events.value[-1].message)
