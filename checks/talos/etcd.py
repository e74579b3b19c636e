"""Check etcd as its members on all control-plane nodes see it: quorum, members, leader and alarms."""

from collections.abc import Iterable
from dataclasses import dataclass

from checks.kube.reading import Read, ReadFailure, Reason
from checks.results.builder import ResultBuilder
from checks.results.result import Ref
from checks.talos.answers import EtcdAnswers, Member, TalosNode, told
from checks.talos.lost import LOST

SERVICE = "etcd"


@dataclass(frozen=True)
class Quorum:
    """How many voting members there are, how many work, and of how many that is not known."""

    voters: int
    working: int
    unknown: int

    @property
    def needed(self) -> int:
        """Return how many members must work."""
        return self.voters // 2 + 1

    @property
    def lost(self) -> bool:
        """Return whether etcd cannot have a majority, whatever is not known."""
        return self.working + self.unknown < self.needed

    @property
    def held(self) -> bool:
        """Return whether a majority works."""
        return self.working >= self.needed


def quorum(nodes: Iterable[TalosNode]) -> Quorum | None:
    """Return the quorum of etcd; None if no node answers, or none is of the control plane, which says nothing of it."""
    nodes = tuple(nodes)
    planes = [node for node in nodes if node.control_plane]
    if not planes or not any(node.known for node in nodes):
        return None
    lists = member_lists(planes).values()
    voters = max((sum(not one.learner for one in members) for members in lists), default=len(planes))
    if lists:
        # A node that has not joined yet does not count.
        planes = [node for node in planes if any(_is(one, node) for members in lists for one in members)]
    works = [_works(node) for node in planes]
    return Quorum(voters, works.count(True), works.count(None))


def _works(node: TalosNode) -> bool | None:
    if isinstance(node.answers, ReadFailure):
        return False if node.answers.reason in LOST else None
    service = node.service(SERVICE)
    if service is None:
        return None if isinstance(node.answers.services, ReadFailure) else False
    return service.works


def member_lists(nodes: Iterable[TalosNode]) -> dict[str, tuple[Member, ...]]:
    """Return the members of etcd by the node that named them."""
    return {node.name: members for node in nodes if (etcd := _etcd(node)) and (members := told(etcd.members))}


def _etcd(node: TalosNode) -> EtcdAnswers | None:
    return node.known.etcd if node.known else None


def check_etcd(builder: ResultBuilder, cluster: Ref, nodes: tuple[TalosNode, ...]) -> None:
    """Check the quorum, and what the control-plane nodes say of members, leader and alarms."""
    planes = [node for node in nodes if node.control_plane]
    found = quorum(nodes)
    if found is None:
        # That no node answers, or none is of the control plane, is reported once.
        return
    if found.lost:
        message = f"etcd has lost its quorum: {found.working} of {found.voters} members work, {found.needed} are needed"
        builder.fault("talos.quorum-lost", cluster, message, expected=found.needed, actual=found.working)
    elif found.held:
        builder.passed()
    else:
        message = f"{found.working} of {found.voters} members are known to work, and {found.needed} are needed"
        builder.unknown("check the quorum of etcd", Reason.FAILED, message)
    for node in planes:
        if (etcd := _etcd(node)) is not None and _works(node) is not False:
            _status(builder, node, etcd, lost=found.lost)
    _alarms(builder, cluster, planes)
    _members(builder, cluster, planes)
    _leader(builder, cluster, planes, lost=found.lost)


def _status(builder: ResultBuilder, node: TalosNode, etcd: EtcdAnswers, *, lost: bool) -> None:
    builder.use(etcd.members)
    if (status := builder.use(etcd.status)) is not None:
        builder.fact(node.name, "etcd_db_bytes", status.value.size)
        builder.fact(node.name, "etcd_db_used_bytes", status.value.used)
        errors = "; ".join(status.value.errors)
        message = f"the etcd member reports errors: {errors}"
        builder.holds(not errors, "talos.etcd-error", _ref(node), message, expected="no error", actual=errors)
    if lost and isinstance(etcd.alarms, ReadFailure):
        # Without a quorum etcd lists no alarms.
        builder.skipped()
    else:
        builder.use(etcd.alarms)


def _alarms(builder: ResultBuilder, cluster: Ref, planes: list[TalosNode]) -> None:
    """Check that no member has an alarm; each node lists those of all members."""
    lists = [etcd.alarms.value for node in planes if (etcd := _etcd(node)) and isinstance(etcd.alarms, Read)]
    names = {one.id: one.name for members in member_lists(planes).values() for one in members}
    for alarm in sorted({each for alarms in lists for each in alarms}, key=lambda each: (each.member, each.kind)):
        name = names.get(alarm.member)
        ref = Ref("Node", name) if name else cluster
        message = f"etcd has an alarm: {alarm.kind}"
        builder.fault("talos.etcd-alarm", ref, message, expected="no alarm", actual=alarm.kind)
    if lists and not any(lists):
        builder.passed()


def _members(builder: ResultBuilder, cluster: Ref, planes: list[TalosNode]) -> None:
    """Check that all nodes name the same members, and that these are the control-plane nodes."""
    lists = member_lists(planes)
    if not lists:
        return
    different = {frozenset(one.id for one in members) for members in lists.values()}
    shown = "; ".join(f"{name} names {_names(members)}" for name, members in lists.items())
    message = f"the nodes name different members: {shown}"
    if not builder.holds(len(different) == 1, "talos.etcd-members", cluster, message, expected="the same members"):
        # Which members are right is not known.
        builder.skipped()
        return
    members = next(iter(lists.values()))
    strange = [one.name for one in members if not any(_is(one, node) for node in planes)]
    message = f"members of etcd are not control-plane nodes: {', '.join(strange)}"
    builder.holds(not strange, "talos.etcd-stranger", cluster, message, expected=None, actual=", ".join(strange))
    for node in planes:
        present = any(_is(one, node) for one in members)
        message = "the control-plane node is not a member of etcd"
        builder.holds(present, "talos.etcd-missing", _ref(node), message, expected="a member", actual="not a member")


def _is(member: Member, node: TalosNode) -> bool:
    return member.name == node.name or node.address in member.addresses


def _names(members: tuple[Member, ...]) -> str:
    return ", ".join(sorted(one.name for one in members))


def _leader(builder: ResultBuilder, cluster: Ref, planes: list[TalosNode], *, lost: bool) -> None:
    leaders = {node.name: each for node in planes if (each := leader_of(node)) is not None}
    if not leaders:
        return
    if lost:
        # Without a quorum there is no leader.
        builder.skipped()
        return
    without = [name for name, leader in leaders.items() if not leader]
    agreed = len(set(leaders.values())) == 1
    message = f"no leader is known to {', '.join(without)}" if without else "the members name different leaders"
    builder.holds(agreed and not without, "talos.etcd-leader", cluster, message, expected="one leader")


def leader_of(node: TalosNode) -> int | None:
    """Return the leader that a node's member knows, 0 if none; None if that is not known."""
    etcd = _etcd(node)
    status = told(etcd.status) if etcd else None
    return status.leader if status else None


def _ref(node: TalosNode) -> Ref:
    return Ref("Node", node.name)
