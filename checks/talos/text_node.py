"""A node that is asked by way of talosctl, whoever runs it: each question is answered with a text."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

import anyio

from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.plain_text import brief
from checks.talos import talosctl_texts
from checks.talos.answers import Alarm, Clock, Diagnostics, Disk, EtcdStatus, Member, Service
from checks.talos.resources import DIAGNOSTICS, EXTENSIONS

T = TypeVar("T")


class Question(StrEnum):
    """What is asked; the value says it in words."""

    VERSION = "read the version of Talos"
    SERVICES = "list the services"
    CLOCK = "compare the clock"
    MEMORY = "read the memory"
    MOUNTS = "read the mounts"
    MEMBERS = "list the etcd members"
    STATUS = "read the etcd status"
    ALARMS = "list the etcd alarms"
    DIAGNOSTICS = "read the diagnostics"
    DIAGNOSTIC_DETAILS = "read the details of the diagnostics"
    EXTENSIONS = "read the system extensions"
    KUBECONFIG = "fetch the kubeconfig"


RESOURCES: Mapping[Question, tuple[str, str]] = {
    Question.DIAGNOSTICS: (DIAGNOSTICS, "table"),
    Question.DIAGNOSTIC_DETAILS: (DIAGNOSTICS, "json"),
    Question.EXTENSIONS: (EXTENSIONS, "table"),
}
"""Questions that `talosctl get` answers: the type of the resources, and the form of the answer."""

Ask = Callable[[Question], Awaitable[Reading[str]]]


class TextNode:
    """A node whose answers are texts of talosctl; a TalosApi. Each question is asked once."""

    expires: datetime | None = None

    def __init__(self, address: str, source: str, ask: Ask) -> None:
        self._address, self._source, self._ask = address, source, ask
        self._texts: dict[Question, Reading[str]] = {}
        self._locks = {question: anyio.Lock() for question in Question}

    async def version(self) -> Reading[str]:
        """Return the version of Talos."""
        return await self._told(Question.VERSION, talosctl_texts.version)

    async def services(self) -> Reading[tuple[Service, ...]]:
        """Return the services of Talos."""
        return await self._told(Question.SERVICES, talosctl_texts.services)

    async def clock(self) -> Reading[Clock]:
        """Return the difference between its clock and its time server."""
        return await self._told(Question.CLOCK, talosctl_texts.clock)

    async def memory(self) -> Reading[int]:
        """Return its memory in bytes."""
        return await self._told(Question.MEMORY, talosctl_texts.memory)

    async def disk(self) -> Reading[Disk]:
        """Return the size of /var."""
        return await self._told(Question.MOUNTS, talosctl_texts.disk)

    async def diagnostics(self) -> Reading[Diagnostics]:
        """Return the problems that Talos has found on the node.

        A table proves that there are none, because it has headings; as JSON, talosctl then prints nothing. Only the
        JSON has the details.
        """
        found = await self._told(Question.DIAGNOSTICS, talosctl_texts.has_diagnostics)
        if isinstance(found, ReadFailure):
            return Read(None, found.seconds) if talosctl_texts.no_diagnostics(found.message) else found
        if not found.value:
            return Read((), found.seconds)
        return await self._told(Question.DIAGNOSTIC_DETAILS, talosctl_texts.diagnostics)

    async def etcd_members(self) -> Reading[tuple[Member, ...]]:
        """Return the members of etcd, as its own member knows them."""
        return await self._told(Question.MEMBERS, talosctl_texts.members)

    async def etcd_status(self) -> Reading[EtcdStatus]:
        """Return the state of its etcd member."""
        return await self._told(Question.STATUS, talosctl_texts.status)

    async def etcd_alarms(self) -> Reading[tuple[Alarm, ...]]:
        """Return the alarms of etcd.

        Without an alarm talosctl prints nothing. That counts only if the same way has listed the members of etcd: a
        program that never prints anything would otherwise pass.
        """
        alarms = await self._told(Question.ALARMS, talosctl_texts.alarms)
        if isinstance(alarms, ReadFailure) or alarms.value:
            return alarms
        members = await self.etcd_members()
        if isinstance(members, Read):
            return alarms
        message = f"{self._source} answers with nothing, and does not list the members of etcd either"
        return ReadFailure(self._what(Question.ALARMS), Reason.UNDECODABLE, message, seconds=alarms.seconds)

    async def extensions(self) -> Reading[tuple[str, ...]]:
        """Return the names of its system extensions."""
        return await self._told(Question.EXTENSIONS, talosctl_texts.extensions)

    async def kubeconfig(self) -> Reading[bytes]:
        """Return a kubeconfig with the rights of an administrator."""
        text = await self._text(Question.KUBECONFIG)
        return text if isinstance(text, ReadFailure) else Read(text.value.encode(), text.seconds)

    async def _told(self, question: Question, decode: Callable[[str, str], T]) -> Reading[T]:
        text = await self._text(question)
        if isinstance(text, ReadFailure):
            return text
        try:
            return Read(decode(text.value, self._address), text.seconds)
        except (ValueError, LookupError) as error:
            reason, message = (
                Reason.UNDECODABLE,
                f"the answer of {self._source} cannot be understood: {brief(str(error))}",
            )
            if failed := talosctl_texts.failed_call(text.value):
                reason, message = failed[0], f"{self._source}: {failed[1]}"
        return ReadFailure(self._what(question), reason, message, seconds=text.seconds)

    async def _text(self, question: Question) -> Reading[str]:
        async with self._locks[question]:
            if question not in self._texts:
                self._texts[question] = await self._ask(question)
        return self._texts[question]

    def _what(self, question: Question) -> str:
        return f"{question} of {self._address}"
