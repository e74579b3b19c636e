"""Query the cluster's DNS: each CoreDNS pod from outside the cluster, the Service from inside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter

import anyio

from checks.connection.dns_message import NO_ERROR, PORT, answer, complete, known_name, query
from checks.kube import models as k8s
from checks.kube.client import forbidden
from checks.kube.concurrent import read_each
from checks.kube.connection import Connection
from checks.kube.port_forward import ForwardError, exchange
from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.kube.resources import PODS, label_selector
from checks.kube.retry import patiently
from checks.snapshot.reader import Collector, Reader
from stacks.model.cluster_dns import ClusterDns

SERVICE = "kube-dns"

MOST_PODS = 4
"""Number of pods that are queried; the others run the same configuration."""
SECONDS = 5.0
"""Longest wait for an answer."""


@dataclass(frozen=True)
class Answer:
    """The answer of a DNS server; `trouble` is empty if the server knows the name, else the reason."""

    trouble: str = ""


@dataclass(frozen=True)
class Dns:
    """The CoreDNS pods, and the answers by the name of the queried pod or Service."""

    pods: Reading[tuple[k8s.Pod, ...]]
    answers: Mapping[str, Reading[Answer]] = field(default_factory=dict)


async def collect(reader: Reader) -> Dns:
    """List the CoreDNS pods and query them. The in-cluster verifier queries the Service, as every pod does."""
    connection, cluster = reader.connection, reader.declaration.cluster
    dns, name = cluster.name_servers(), known_name(cluster.service_domain())
    pods = await _pods(reader, dns)
    if connection.inside:
        return Dns(pods, {SERVICE: await _resolve(connection, name)})
    ready = {pod.metadata.name: pod for pod in pods.value if pod.ready} if isinstance(pods, Read) else {}

    async def ask(pod: str) -> Reading[Answer]:
        return await anyio.to_thread.run_sync(partial(_ask, connection, ready[pod], name), abandon_on_cancel=True)

    return Dns(pods, await read_each(ask, list(ready)[:MOST_PODS]))


DNS = Collector(collect)


async def _pods(reader: Reader, dns: ClusterDns) -> Reading[tuple[k8s.Pod, ...]]:
    """Return the CoreDNS pods: from the list of all pods or, if that is forbidden, from a list of their namespace."""
    everywhere = (await reader.pods()).whole
    if isinstance(everywhere, ReadFailure):
        return await reader.api.list(PODS, dns.namespace, labels=label_selector(dns.labels))
    mine = (pod for pod in everywhere.value if pod.metadata.namespace == dns.namespace)
    labels = dns.labels.items()
    return Read(tuple(pod for pod in mine if labels <= pod.metadata.labels.items()), everywhere.seconds)


async def _resolve(connection: Connection, name: str) -> Reading[Answer]:
    start = perf_counter()

    async def once() -> Answer:
        try:
            with anyio.fail_after(SECONDS):
                await connection.resolve(name)
        except TimeoutError:
            return Answer(f"no answer within {SECONDS:g} s")
        except OSError as error:
            return Answer(error.strerror or str(error))
        return Answer()

    resolved = await patiently(once, lambda answer: not answer.trouble)
    return Read(resolved, perf_counter() - start)


def _ask(connection: Connection, pod: k8s.Pod, name: str) -> Reading[Answer]:
    try:
        sent = query(name)
    except ValueError as error:
        return Read(Answer(str(error)), 0.0)
    wire, namespace = sent.to_wire(prepend_length=True), pod.metadata.namespace
    start = perf_counter()
    try:
        code = answer(sent, exchange(connection, namespace, pod.metadata.name, port(pod), wire, complete, SECONDS))
    except ForwardError as error:
        seconds = perf_counter() - start
        if error.status in (401, 403):
            permission = Permission("get", "pods/portforward", namespace)
            what = f"query the CoreDNS pods of namespace {namespace}"
            return ReadFailure(what, Reason.FORBIDDEN, forbidden(permission), permission, seconds)
        return Read(Answer(str(error)), seconds)
    seconds = perf_counter() - start
    if code is None:
        return Read(Answer("the answer is not a DNS answer"), seconds)
    return Read(Answer("" if code == NO_ERROR else code), seconds)


def port(pod: k8s.Pod) -> int:
    """Return the TCP port of a CoreDNS pod, which is not 53 if it may not bind privileged ports."""
    ports = [port for container in pod.spec.containers for port in container.ports]
    named = (port.container_port for port in ports if port.protocol == "TCP" and port.name.startswith("dns"))
    return next(named, PORT)
