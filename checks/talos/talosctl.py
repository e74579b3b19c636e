"""Ask nodes with the program talosctl, where it is on PATH."""

from functools import partial
from time import perf_counter

import anyio

from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.plain_text import brief
from checks.talos import program, talosctl_texts
from checks.talos.answers import NodeAnswers, Way
from checks.talos.asking import answers
from checks.talos.places import Place
from checks.talos.talosconfig import Talosconfig
from checks.talos.text_node import RESOURCES, Question, TextNode
from checks.talos.ways import Told, Wanted

PROGRAM = Way.TALOSCTL.value
SECONDS = 10.0
"""The most that one run may take."""
AT_ONCE = 8
"""Runs at the same time; each takes some 60 MB of memory."""
_COMMANDS = {
    Question.VERSION: ("version",),
    Question.SERVICES: ("services",),
    Question.CLOCK: ("time",),
    Question.MEMORY: ("memory",),
    Question.MOUNTS: ("mounts",),
    Question.MEMBERS: ("etcd", "members"),
    Question.STATUS: ("etcd", "status"),
    Question.ALARMS: ("etcd", "alarm", "list"),
    Question.KUBECONFIG: ("kubeconfig", "-", "--merge=false"),
    **{question: ("get", kind, "--output", form) for question, (kind, form) in RESOURCES.items()},
}


class Talosctl:
    """The program, with a context of a talosconfig; a Source."""

    way, lacks = Way.TALOSCTL, ()

    def __init__(self, path: str, config: Talosconfig, port: int) -> None:
        self._path, self._config, self._port = path, config, port
        self._limit = anyio.CapacityLimiter(AT_ONCE)
        self.name = path

    async def ask(self, wanted: Wanted) -> Told:
        """Return what each node says, together with what is known of it."""
        told: dict[Place, NodeAnswers | ReadFailure] = {}

        async def ask(place: Place, known: NodeAnswers | None) -> None:
            told[place] = await self._answers(place, known)

        async with anyio.create_task_group() as group:
            for place, known in wanted.items():
                group.start_soon(ask, place, known)
        return told

    async def _answers(self, place: Place, known: NodeAnswers | None) -> NodeAnswers | ReadFailure:
        if not place.address:
            return ReadFailure(f"ask node {place.name} with talosctl", Reason.FAILED, "the node has no InternalIP")
        node = self.node(place.address)
        if known is None and isinstance(version := await node.version(), ReadFailure):
            return version
        return await answers(node, self.way, known, place)

    def node(self, address: str) -> TextNode:
        """Return a node that talosctl asks."""
        return TextNode(address, PROGRAM, partial(self._run, address))

    async def _run(self, address: str, question: Question) -> Reading[str]:
        what, start = f"{question} of {address}", perf_counter()
        try:
            async with self._limit:
                done = await program.run([*self._command(address), *_COMMANDS[question]], SECONDS)
        except (OSError, ValueError) as error:
            reason = Reason.FAILED if isinstance(error, OSError) else Reason.UNDECODABLE
            return ReadFailure(what, reason, f"{PROGRAM} at {self._path}: {brief(str(error))}")
        seconds = perf_counter() - start
        if done is None:
            return ReadFailure(what, Reason.TIMEOUT, f"{PROGRAM} did not end within {SECONDS:g} s", seconds=seconds)
        if done.code == 0:
            return Read(done.out, seconds)
        reason, message = talosctl_texts.failed_call(done.err) or (Reason.FAILED, brief(done.err) or "it says nothing")
        return ReadFailure(what, reason, f"{PROGRAM} ends with exit code {done.code}: {message}", seconds=seconds)

    def _command(self, address: str) -> list[str]:
        hosts = self._config.hosts(self._port) or ((address, self._port),)
        direct = [host for host in hosts if host[0] == address] or hosts
        endpoints = ",".join(f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in direct)
        given = ["--talosconfig", self._config.source, "--context", self._config.context]
        return [self._path, *given, "--endpoints", endpoints, "--nodes", address]
