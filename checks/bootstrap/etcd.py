"""Step 4: etcd is bootstrapped once. Whether it already is, is asked of every control-plane node."""

from dataclasses import dataclass
from enum import Enum

from checks.bootstrap.journal import ETCD_INTENDED
from checks.bootstrap.nodes import Reach, until
from checks.bootstrap.plan import PlannedNode
from checks.bootstrap.run import Run
from checks.kube.reading import ReadFailure

STEP = "etcd"
_SERVICE = "etcd"
_WAITS = "Preparing"
"""The state of the service etcd that waits to be bootstrapped, or to join."""


class Etcd(Enum):
    """The state of etcd on a node."""

    UNKNOWN = "says nothing of etcd"
    STARTING = "has not come so far that etcd could be bootstrapped"
    EMPTY = "waits for etcd"
    MEMBER = "has etcd"


@dataclass(frozen=True)
class _Seen:
    node: PlannedNode
    etcd: Etcd

    def __str__(self) -> str:
        return f"node {self.node.name} {self.etcd.value}"


async def bootstrap(run: Run, seconds: float) -> str:
    """Bootstrap etcd on the first control-plane node unless it is there, and wait until it runs."""
    work = _Bootstrap(run)
    await until(seconds, work.trouble, work.attempt)
    return f"etcd runs on {', '.join(one.node.name for one in work.seen if one.etcd is Etcd.MEMBER)}"


class _Bootstrap:
    """Attempts to have etcd bootstrapped once."""

    def __init__(self, run: Run) -> None:
        self._run, self._first = run, run.plan.control_planes[0]
        self._confirmed = False
        self._refusal = ""
        self.seen: list[_Seen] = []

    async def attempt(self) -> bool | None:
        """Return True if a node has etcd; otherwise bootstrap it, if it is certain that no node has it."""
        nodes = self._run.plan.control_planes
        self.seen = [_Seen(node, await _state(self._run.reach(), node)) for node in nodes]
        if any(one.etcd is Etcd.MEMBER for one in self.seen):
            return True
        # A node that says nothing could be a member, so nothing is bootstrapped before all have answered.
        if not self._confirmed and all(one.etcd is Etcd.EMPTY for one in self.seen):
            await self._bootstrap()
        return None

    async def _bootstrap(self) -> None:
        if not self._refusal:
            self._run.journal.write(ETCD_INTENDED, STEP, node=self._first.name)
        async with self._run.reach().secure(self._first) as node:
            answer = node if isinstance(node, ReadFailure) else await node.bootstrap()
        if not isinstance(answer, ReadFailure):
            self._confirmed = True
            return
        # It is tried again if the nodes still say that there is none: Talos refuses it where etcd has data.
        if not self._refusal:
            self._run.say(f"  node {self._first.name} did not bootstrap it yet: {answer.message}")
        self._refusal = answer.message

    def trouble(self) -> str:
        """Return why etcd does not run."""
        states = "; ".join(map(str, self.seen)) or "no node answered"
        refusal = f", and node {self._first.name} said: {self._refusal}" if self._refusal else ""
        return f"etcd did not run on any control-plane node ({states}{refusal})"


async def _state(reach: Reach, planned: PlannedNode) -> Etcd:
    async with reach.secure(planned) as node:
        if isinstance(node, ReadFailure):
            return Etcd.UNKNOWN
        services, members = await node.services(), await node.etcd_members()
    if not isinstance(members, ReadFailure) and members.value:
        return Etcd.MEMBER
    if isinstance(services, ReadFailure):
        return Etcd.UNKNOWN
    service = next((one for one in services.value if one.name == _SERVICE), None)
    if service is None:
        return Etcd.STARTING
    if service.works:
        return Etcd.MEMBER
    return Etcd.EMPTY if service.state == _WAITS else Etcd.STARTING
