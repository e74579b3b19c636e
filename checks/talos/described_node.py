"""A node as sergelogvinov/talos-mcp describes it: one JSON answer with version, services, memory and disks."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import anyio
import msgspec

from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.plain_text import brief
from checks.talos.answers import Alarm, Clock, Diagnostics, Disk, EtcdStatus, Member, Service
from checks.talos.messages import DATA
from checks.talos.text_node import Question

T = TypeVar("T")

_SIZE = re.compile(r"(\d+(?:\.\d+)?)([KMGTP]i)?B")
_POWERS: dict[str | None, int] = {unit: 1024**power for power, unit in enumerate((None, "Ki", "Mi", "Gi", "Ti", "Pi"))}
_VERSION = re.compile(r"v\d+\.\d+\.\d+\S*")
_HEALTHY, _UNHEALTHY = "healthy", "unhealthy: "


class _Service(msgspec.Struct, frozen=True):
    id: str
    state: str
    health: str = ""


class _Disk(msgspec.Struct, frozen=True):
    mounted_on: str
    size: str
    used: str


class _Resources(msgspec.Struct, frozen=True):
    memory: str = ""
    disks: list[_Disk] = []


class _Description(msgspec.Struct, frozen=True):
    node: str
    services: list[_Service]
    resources: _Resources
    talos_version: str = ""
    warnings: list[str] = []


class DescribedNode:
    """A node that is described in one answer, for which `ask` asks; a TalosApi."""

    expires: datetime | None = None

    def __init__(self, address: str, source: str, ask: Callable[[], Awaitable[Reading[bytes]]]) -> None:
        self._address, self._source, self._ask = address, source, ask
        self._lock = anyio.Lock()
        self._answer: Reading[bytes] | None = None

    async def version(self) -> Reading[str]:
        """Return the version of Talos."""
        return await self._told(Question.VERSION, _version)

    async def services(self) -> Reading[tuple[Service, ...]]:
        """Return the services of Talos."""
        return await self._told(Question.SERVICES, _services)

    async def clock(self) -> Reading[Clock]:
        """Return that the clock is not described."""
        return self._untold(Question.CLOCK)

    async def memory(self) -> Reading[int]:
        """Return its memory in bytes, which the server rounds to a tenth."""
        return await self._told(Question.MEMORY, _memory)

    async def disk(self) -> Reading[Disk]:
        """Return the size of /var, which the server rounds to a tenth."""
        return await self._told(Question.MOUNTS, _disk)

    async def diagnostics(self) -> Reading[Diagnostics]:
        """Return that diagnostics are not described."""
        return self._untold(Question.DIAGNOSTICS)

    async def etcd_members(self) -> Reading[tuple[Member, ...]]:
        """Return that the members are not described.

        The server has one list for the whole cluster, and does not say which node it is from. Whether the nodes agree
        on their members does not follow from it.
        """
        return self._untold(Question.MEMBERS)

    async def etcd_status(self) -> Reading[EtcdStatus]:
        """Return that etcd is not described."""
        return self._untold(Question.STATUS)

    async def etcd_alarms(self) -> Reading[tuple[Alarm, ...]]:
        """Return that alarms are not described."""
        return self._untold(Question.ALARMS)

    async def extensions(self) -> Reading[tuple[str, ...]]:
        """Return that extensions are not described."""
        return self._untold(Question.EXTENSIONS)

    async def kubeconfig(self) -> Reading[bytes]:
        """Return that the server has no kubeconfig."""
        return self._untold(Question.KUBECONFIG)

    async def _told(self, question: Question, decode: Callable[[_Description], T]) -> Reading[T]:
        async with self._lock:
            if self._answer is None:
                self._answer = await self._ask()
        answer, what = self._answer, f"{question} of {self._address}"
        if isinstance(answer, ReadFailure):
            return replace(answer, what=what)
        try:
            told = msgspec.json.decode(answer.value, type=_Description)
            if told.node != self._address:
                raise ValueError(f"it is about the node {brief(told.node)!r}")
            return Read(decode(told), answer.seconds)
        except (msgspec.MsgspecError, ValueError, LookupError) as error:
            message = f"the answer of {self._source} cannot be understood: {brief(str(error))}"
            return ReadFailure(what, Reason.UNDECODABLE, message, seconds=answer.seconds)

    def _untold(self, question: Question) -> ReadFailure:
        message = f"{self._source}: it has no tool for that"
        return ReadFailure(f"{question} of {self._address}", Reason.FAILED, message)


def _version(told: _Description) -> str:
    if not _VERSION.fullmatch(told.talos_version):
        raise ValueError("it has no version of the node")
    return told.talos_version


def _services(told: _Description) -> tuple[Service, ...]:
    if not told.services:
        raise ValueError(f"it has no services: {brief('; '.join(told.warnings)) or 'it does not say why'}")
    return tuple(Service(one.id, one.state, *_health(one.health)) for one in told.services)


def _health(text: str) -> tuple[bool | None, str]:
    """Return whether a service is healthy, None if it has no health check, and the message."""
    if text in ("", _HEALTHY):
        return (True if text else None), ""
    if not text.startswith(_UNHEALTHY):
        raise ValueError("a service has an unknown health")
    return False, text.removeprefix(_UNHEALTHY)


def _memory(told: _Description) -> int:
    """Return the second number of `1.0GiB of 4.0GiB (25%)`."""
    return _size(told.resources.memory.partition(" of ")[2].partition(" (")[0])


def _disk(told: _Description) -> Disk:
    for one in told.resources.disks:
        if one.mounted_on == DATA:
            return Disk(_size(one.size), _size(one.size) - _size(one.used))
    raise LookupError(f"{DATA} is not mounted")


def _size(text: str) -> int:
    match = _SIZE.fullmatch(text)
    if not match:
        raise ValueError("a size cannot be read")
    return round(float(match[1]) * _POWERS[match[2]])
