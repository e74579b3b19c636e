"""Asks the cluster's DNS a real question: each CoreDNS pod from outside, the Service from inside."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from time import perf_counter

import anyio

from checks.connection import dns_message as dns
from checks.kube import models as k8s
from checks.kube.client import forbidden
from checks.kube.connection import Connection
from checks.kube.port_forward import ForwardError, exchange
from checks.kube.reading import Permission, Read, ReadFailure, Reading, Reason
from checks.kube.resources import PODS
from checks.kube.retry import patiently
from checks.snapshot.reader import Collector, Reader

NAMESPACE = "kube-system"
LABEL, APP = "k8s-app", "kube-dns"
SERVICE = "kube-dns"

MOST_PODS = 4
"""How many pods are asked; further ones are as these."""
SECONDS = 5.0
"""Longest wait for an answer."""


@dataclass(frozen=True)
class Answer:
    """What one of the cluster's DNS servers said: it knows the name, or `trouble` says why not."""

    trouble: str = ""


@dataclass(frozen=True)
class Dns:
    """The CoreDNS pods, and the answers by what was asked: a pod's name, or the Service's."""

    pods: Reading[tuple[k8s.Pod, ...]]
    answers: Mapping[str, Reading[Answer]] = field(default_factory=dict)


async def collect(reader: Reader) -> Dns:
    """List the pods and ask them; the verifier's pod asks by the Service, as every pod of the cluster does."""
    connection, pods = reader.connection, await _pods(reader)
    answers: dict[str, Reading[Answer]] = {}
    if connection.inside:
        answers[SERVICE] = await _resolve(connection)
    elif isinstance(pods, Read):
        asked = [pod for pod in pods.value if pod.ready][:MOST_PODS]

        async def ask(pod: k8s.Pod) -> None:
            answers[pod.metadata.name] = await anyio.to_thread.run_sync(_ask, connection, pod, abandon_on_cancel=True)

        async with anyio.create_task_group() as group:
            for pod in asked:
                group.start_soon(ask, pod)
    return Dns(pods, answers)


DNS = Collector(collect)


async def _pods(reader: Reader) -> Reading[tuple[k8s.Pod, ...]]:
    """Return the CoreDNS pods: from the list of all pods or, where that is forbidden, from a list of their own."""
    everywhere = (await reader.pods()).whole
    if isinstance(everywhere, ReadFailure):
        return await reader.api.list(PODS, NAMESPACE, labels=f"{LABEL}={APP}")
    mine = (pod for pod in everywhere.value if pod.metadata.namespace == NAMESPACE)
    return Read(tuple(pod for pod in mine if pod.metadata.labels.get(LABEL) == APP), everywhere.seconds)


async def _resolve(connection: Connection) -> Reading[Answer]:
    start = perf_counter()

    async def once() -> Answer:
        try:
            with anyio.fail_after(SECONDS):
                await connection.resolve(dns.NAME)
        except TimeoutError:
            return Answer(f"no answer within {SECONDS:g} s")
        except OSError as error:
            return Answer(error.strerror or str(error))
        return Answer()

    answer = await patiently(once, lambda answer: not answer.trouble)
    return Read(answer, perf_counter() - start)


def _ask(connection: Connection, pod: k8s.Pod) -> Reading[Answer]:
    start = perf_counter()
    name = pod.metadata.name
    send = partial(exchange, connection, NAMESPACE, name, port(pod), dns.question(dns.NAME), dns.complete, SECONDS)
    try:
        code = dns.answer(send())
    except ForwardError as error:
        seconds = perf_counter() - start
        if error.status in (401, 403):
            permission = Permission("get", "pods/portforward", NAMESPACE)
            what = f"ask the CoreDNS pods of namespace {NAMESPACE}"
            return ReadFailure(what, Reason.FORBIDDEN, forbidden(permission), permission, seconds)
        return Read(Answer(str(error)), seconds)
    seconds = perf_counter() - start
    if code is None:
        return Read(Answer("what answers is no DNS server"), seconds)
    return Read(Answer("" if code == dns.NO_ERROR else code), seconds)


def port(pod: k8s.Pod) -> int:
    """Give the TCP port on which a CoreDNS pod answers: it may not listen on 53 where it has no privileges."""
    ports = [port for container in pod.spec.containers for port in container.ports]
    named = (port.container_port for port in ports if port.protocol == "TCP" and port.name.startswith("dns"))
    return next(named, dns.PORT)
