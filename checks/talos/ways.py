"""Ask nodes by several ways, one after the other: what one way cannot say, the next one is asked."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from checks.kube.reading import ReadFailure
from checks.talos.answers import NodeAnswers, TalosNode, Way
from checks.talos.asking import missing, with_reasons
from checks.talos.lost import LOST
from checks.talos.places import Place

Wanted = Mapping[Place, NodeAnswers | None]
"""The nodes to ask, each with what is known of it."""
Told = Mapping[Place, NodeAnswers | ReadFailure]


class Source(Protocol):
    """One way to the nodes."""

    @property
    def way(self) -> Way:
        """Return which way it is."""

    @property
    def name(self) -> str:
        """Return what it goes by: a context, a server, a program."""

    async def ask(self, wanted: Wanted) -> Told | ReadFailure:
        """Return what each node says, together with what is known of it; a failure if no node can be asked."""

    @property
    def lacks(self) -> tuple[str, ...]:
        """Return what it can never say or do."""


@dataclass(frozen=True)
class Use:
    """How a way was used: what it goes by, why it could not be used (empty if it could), and what it lacks."""

    way: Way
    name: str
    detail: str
    lacks: tuple[str, ...]


@dataclass(frozen=True)
class Unusable:
    """A way that cannot be used; a Source."""

    way: Way
    failure: ReadFailure
    name: str = ""
    lacks: tuple[str, ...] = ()

    async def ask(self, wanted: Wanted) -> ReadFailure:  # noqa: ARG002
        """Return why."""
        return self.failure


async def ask_all(sources: Sequence[Source], places: Iterable[Place]) -> tuple[tuple[TalosNode, ...], tuple[Use, ...]]:
    """Return what each node says, in the order of the places, and how each way was used that was needed."""
    places, uses = tuple(places), list[Use]()
    known: dict[Place, NodeAnswers] = {}
    failures: dict[Place, list[ReadFailure]] = {place: [] for place in places}
    unusable: list[ReadFailure] = []
    for source in sources:
        wanted = _wanted(places, known, failures)
        if not wanted:
            break
        told = await source.ask(wanted)
        if isinstance(told, ReadFailure):
            unusable.append(told)
        else:
            for place, answer in told.items():
                if isinstance(answer, ReadFailure):
                    failures[place].append(answer)
                else:
                    known[place] = answer
        uses.append(Use(source.way, source.name, told.message if isinstance(told, ReadFailure) else "", source.lacks))
    reasons = [one.message for one in unusable]

    def answers(place: Place) -> NodeAnswers | ReadFailure:
        told = known.get(place)
        return with_reasons(told, reasons) if told else _silence(failures[place] or unusable)

    return tuple(TalosNode(one.name, one.address, one.control_plane, answers(one)) for one in places), tuple(uses)


def _wanted(
    places: Sequence[Place], known: Mapping[Place, NodeAnswers], failures: Mapping[Place, list[ReadFailure]]
) -> Wanted:
    """Return the nodes of which something is not known.

    A node that one way finds lost while it reaches others is lost: the next way would only wait for it again.
    """
    gone = {place for place, all_of in failures.items() if all_of and known and _all_lost(all_of)}
    open_ones = (place for place in places if place not in known or missing(known[place]))
    return {place: known.get(place) for place in open_ones if place not in gone}


def _silence(failures: Sequence[ReadFailure]) -> ReadFailure:
    """Return why a node says nothing. It is lost only if all ways that have asked it say so."""
    decisive = next((one for one in failures if one.reason not in LOST), failures[0])
    return replace(decisive, message="; ".join(dict.fromkeys(one.message for one in failures)))


def _all_lost(failures: Iterable[ReadFailure]) -> bool:
    return all(one.reason in LOST for one in failures)
