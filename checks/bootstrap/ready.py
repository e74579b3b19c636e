"""Step 5: wait for what `talosctl health` asserts. Each assertion is a line with its time when it first holds."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anyio

from checks.bootstrap.nodes import POLL_SECONDS
from checks.bootstrap.run import Run
from checks.errors import UncheckedError
from checks.kube.client import ApiClient
from checks.kube.connection import Connection, from_kubeconfig
from checks.kube.reading import ReadFailure
from checks.kube.resources import PODS
from checks.results.result import Result
from checks.talos.collect import DNS, LABEL, SYSTEM
from checks.talos.kubeconfig import obtain
from checks.talos.pods import has_dns, unready_dns
from checks.talos.report import TalosReport
from checks.talos.status import look
from checks.target import Target

_TALOS = (
    ("etcd is healthy", ("talos.quorum-lost", "talos.etcd-leader", "talos.etcd-alarm", "talos.etcd-error")),
    ("all nodes name the same etcd members", ("talos.etcd-members",)),
    ("the etcd members are the control-plane nodes", ("talos.etcd-missing", "talos.etcd-stranger")),
    ("memory and disks suffice", ("talos.memory", "talos.disk")),
    ("the boot is finished", ("talos.boot",)),
    ("the services of Talos and the kubelets are healthy", ("talos.service",)),
    ("Talos reports no problem of a node", ("talos.diagnostic",)),
)
_KUBERNETES = (
    ("the static pods of the control plane are ready", ("talos.static-pod",)),
    ("kube-proxy is ready", ("talos.kube-proxy",)),
    ("the nodes take pods", ("talos.cordoned",)),
)
"""Assertions about Talos and about Kubernetes, and the findings of the check `talos` that contradict them."""

Holding = Iterator[tuple[str, str]]
"""Assertions, each with why it does not hold; empty if it does."""


async def wait(run: Run, seconds: float) -> str:
    """Wait until every assertion holds at the same time."""
    start, shown = time.monotonic(), set[str]()
    open_ones: dict[str, str] = {}
    with anyio.move_on_after(seconds):
        while True:
            open_ones = {}
            for name, reason in await _assertions(run):
                if reason:
                    open_ones[name] = reason
                elif name not in shown:
                    shown.add(name)
                    run.say(f"  {time.monotonic() - start:6.1f} s  {name}")
            if not open_ones:
                return f"the cluster is healthy: {len(shown)} assertions hold"
            await anyio.sleep(POLL_SECONDS)
    missing = "; ".join(f"{name}: {reason}" for name, reason in open_ones.items())
    raise UncheckedError(f"not healthy within {seconds:g} s: {missing or 'the nodes did not answer in time'}")


async def _assertions(run: Run) -> list[tuple[str, str]]:
    try:
        connection = await _connection(run)
    except UncheckedError as error:
        return [("a control-plane node gives a kubeconfig", str(error))]
    report = await look(Target(run.plan.stack, run.planned.on_talos(), connection))
    return [*_of_talos(run, report), *_of_kubernetes(run, report), await _dns(connection)]


async def _connection(run: Run) -> Connection:
    """Return a connection with a kubeconfig that is in memory only."""
    talosconfig, file = run.talosconfig(), run.memory / "kubeconfig"
    if not file.exists():
        fetched, _ = await obtain(run.planned.on_talos(), talosconfig)
        _write(file, fetched.content)
    context = run.planned.declaration.cluster.context
    return replace(from_kubeconfig(context, file), talosconfig=talosconfig)


def _write(file: Path, content: str) -> None:
    file.touch(mode=0o600)
    file.write_text(content, encoding="utf-8")


def _of_talos(run: Run, report: TalosReport) -> Holding:
    answering = {node.address for node in report.nodes if node.reachable}
    silent = [node.name for node in run.plan.nodes if node.address not in answering]
    yield "all nodes answer on the Talos API", f"no answer of {', '.join(silent)}" if silent else ""
    for name, codes in _TALOS:
        yield name, "not all nodes answer" if silent else _contradiction(report.results[0], codes)


def _of_kubernetes(run: Run, report: TalosReport) -> Holding:
    known = {node.name: node for node in report.nodes if node.ready is not None}
    absent = [node.name for node in run.plan.nodes if node.name not in known]
    yield "all nodes are in Kubernetes", f"it does not know {', '.join(absent)}" if absent else ""
    unready = [node.name for node in known.values() if not node.ready]
    late = [*absent, *unready]
    yield "all nodes are ready", f"not ready: {', '.join(late)}" if late else ""
    unknown = next((f"{one.what}: {one.message}" for one in report.results[0].unknowns), "")
    for name, codes in _KUBERNETES:
        yield name, (unknown if absent else "") or _contradiction(report.results[0], codes)


def _contradiction(result: Result, codes: tuple[str, ...]) -> str:
    return "; ".join(f"{one.object}: {one.message}" for one in result.findings if one.code in codes)


async def _dns(connection: Connection) -> tuple[str, str]:
    async with connection.client() as client:
        pods = await ApiClient(client).list(PODS, SYSTEM, labels=f"{LABEL}={DNS}")
    name = "CoreDNS is ready"
    if isinstance(pods, ReadFailure):
        return name, pods.message
    unready = unready_dns(pods.value)
    return name, "" if has_dns(pods.value) and not unready else f"not ready: {', '.join(unready) or 'no pod'}"
