"""Step 4: etcd is bootstrapped once. Whether it already is, is asked of every control-plane node."""

import time
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
    deadline, first = time.monotonic() + seconds, run.plan.control_planes[0]
    seen: list[_Seen] = []

    async def told() -> bool | None:
        seen[:] = [_Seen(node, await _state(run.reach(), node)) for node in run.plan.control_planes]
        # A node that says nothing could be a member, so nothing is bootstrapped before all have answered.
        has_etcd = any(one.etcd is Etcd.MEMBER for one in seen)
        return True if has_etcd or all(one.etcd is Etcd.EMPTY for one in seen) else None

    def open_questions() -> str:
        return (
            f"{'; '.join(str(one) for one in seen if one.etcd is not Etcd.EMPTY)}: it was not known whether etcd runs"
        )

    await until(seconds, open_questions, told)
    if all(one.etcd is Etcd.EMPTY for one in seen):
        run.journal.write(ETCD_INTENDED, STEP, node=first.name)
        async with run.reach().secure(first) as node:
            answer = node if isinstance(node, ReadFailure) else await node.bootstrap()
        if isinstance(answer, ReadFailure) and await _state(run.reach(), first) is not Etcd.MEMBER:
            # The wait below shows whether it came into effect: an answer can get lost.
            run.say(f"  node {first.name} did not confirm it: {answer.message}")
    else:
        run.say("  etcd is already bootstrapped: nothing to do")

    async def runs() -> bool | None:
        states = [await _state(run.reach(), node) for node in run.plan.control_planes]
        return Etcd.MEMBER in states or None

    await until(deadline - time.monotonic(), lambda: f"etcd does not run on node {first.name}: it did not start", runs)
    return f"etcd runs on node {first.name}"


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
