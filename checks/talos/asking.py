"""Ask a node for everything, whichever way leads to it, and put together what several ways say."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TypeVar

from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.talos.answers import EtcdAnswers, NodeAnswers, TalosApi, Way
from checks.talos.places import Place

T = TypeVar("T")


async def answers(node: TalosApi, way: Way, known: NodeAnswers | None, place: Place) -> NodeAnswers | ReadFailure:
    """Return what is known with what a node says of the rest, that is at this place.

    Everything is asked at the same time: it takes as long as the slowest answer.
    """
    told = known.etcd if known else None
    (version, services, clock, memory, disk), diagnostics, members, extensions = await asyncio.gather(
        asyncio.gather(
            _ask(known.version if known else None, node.version),
            _ask(known.services if known else None, node.services),
            _ask(known.clock if known else None, node.clock),
            _ask(known.memory if known else None, node.memory),
            _ask(known.disk if known else None, node.disk),
        ),
        _ask(known.diagnostics if known else None, node.diagnostics),
        _etcd(node, told) if place.control_plane else _nothing(),
        _ask(known.extensions if known else None, node.extensions) if place.extensions else _nothing(),
    )
    if known is None and isinstance(version, ReadFailure) and version.reason is not Reason.FAILED:
        # The other answers failed for the same reason.
        return version
    whole = NodeAnswers(version, services, clock, memory, disk, diagnostics, members, node.expires, (way,), extensions)
    if known is not None:
        added = len(missing(known)) > len(missing(whole))
        return replace(whole, expires=known.expires, ways=(*known.ways, way) if added else known.ways)
    if isinstance(version, ReadFailure) and not any(isinstance(one, Read) for one in readings(whole)):
        return version
    return whole


def readings(told: NodeAnswers) -> tuple[Reading[object], ...]:
    """Return all answers of a node, read or not."""
    of_etcd = (told.etcd.members, told.etcd.status, told.etcd.alarms) if told.etcd else ()
    extensions = (told.extensions,) if told.extensions else ()
    return (told.version, told.services, told.clock, told.memory, told.disk, told.diagnostics, *of_etcd, *extensions)


def missing(told: NodeAnswers) -> list[ReadFailure]:
    """Return the answers that a node did not give."""
    return [one for one in readings(told) if isinstance(one, ReadFailure)]


def with_reasons(told: NodeAnswers, reasons: Sequence[str]) -> NodeAnswers:
    """Return the answers of a node; each that is missing also says why other ways could not be used."""
    if not reasons or not missing(told):
        return told
    etcd = told.etcd and EtcdAnswers(
        _because(told.etcd.members, reasons), _because(told.etcd.status, reasons), _because(told.etcd.alarms, reasons)
    )
    return replace(
        told,
        version=_because(told.version, reasons),
        services=_because(told.services, reasons),
        clock=_because(told.clock, reasons),
        memory=_because(told.memory, reasons),
        disk=_because(told.disk, reasons),
        diagnostics=_because(told.diagnostics, reasons),
        etcd=etcd,
        extensions=told.extensions and _because(told.extensions, reasons),
    )


def _because(reading: Reading[T], reasons: Sequence[str]) -> Reading[T]:
    if isinstance(reading, Read):
        return reading
    return replace(reading, message="; ".join((reading.message, *reasons)))


async def _etcd(node: TalosApi, known: EtcdAnswers | None) -> EtcdAnswers | None:
    members, status, alarms = await asyncio.gather(
        _ask(known.members if known else None, node.etcd_members),
        _ask(known.status if known else None, node.etcd_status),
        _ask(known.alarms if known else None, node.etcd_alarms),
    )
    return EtcdAnswers(members, status, alarms)


async def _nothing() -> None:
    return None


async def _ask(known: Reading[T] | None, ask: Callable[[], Awaitable[Reading[T]]]) -> Reading[T]:
    """Return what is known, or else what is told; two failures become one, with both messages."""
    if isinstance(known, Read):
        return known
    told = await ask()
    if known is None or isinstance(told, Read):
        return told
    return replace(known, message=f"{known.message}; {told.message}", seconds=max(known.seconds, told.seconds))
