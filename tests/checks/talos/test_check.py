"""Each fault of a Talos cluster gives exactly its finding; what cannot be asked is unknown."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from checks.kube.reading import Reason
from checks.results.result import Result, Status
from checks.talos.answers import Alarm, Clock, Diagnostic, Disk, EtcdStatus, Member
from checks.talos.check import CHECK
from checks.talos.collect import Identity
from tests.checks.drifts import codes_of
from tests.checks.talos.observing import TalosWorld, failure, member, read
from tests.checks.talos.simulated_node import GIB, control_planes
from tests.checks.world import NOW, World, declared

Break = Callable[[TalosWorld], object]
DECLARED = {"version": "1.6.x", "controlPlanes": 3, "extensions": ["iscsi-tools"]}


@pytest.fixture
def world() -> TalosWorld:
    return TalosWorld(**DECLARED)


def result(world: World) -> Result:
    return CHECK.run(world.declaration, world.snapshot())


def status(node: int, **changes: object) -> EtcdStatus:
    return EtcdStatus(**{"member": node, "leader": 1, "size": 1, "used": 1, "errors": (), **changes})  # type: ignore[arg-type]


def two_lost(world: TalosWorld) -> None:
    world.fail("cp-2", Reason.UNREACHABLE)
    world.fail("cp-3", Reason.TIMEOUT)
    world.say_of_etcd("cp-1", status=read(status(1, leader=0)), alarms=failure(Reason.TIMEOUT))


def another_list(world: TalosWorld) -> None:
    first, second, _ = control_planes()
    world.say_of_etcd("cp-3", members=read((member(first), member(second))))


def without_third(world: TalosWorld) -> None:
    first, second, _ = control_planes()
    members = member(first), member(second)
    for name in ("cp-1", "cp-2"):
        world.say_of_etcd(name, members=read(members))
    world.say_of_etcd("cp-3", members=failure(Reason.FAILED))


def with_stranger(world: TalosWorld) -> None:
    left = Member(9, "old-cp", frozenset({"10.0.0.9"}), learner=False)
    for name in ("cp-1", "cp-2", "cp-3"):
        world.say_of_etcd(name, members=read((*map(member, control_planes()), left)))


def every_version(world: TalosWorld) -> None:
    for name in world.observed:
        world.say(name, version=read("v1.5.9"))


def unlisted(world: TalosWorld) -> None:
    world.unlisted = ("10.0.0.7",)
    world.watch()


def expiring(world: TalosWorld) -> None:
    world.identity = Identity("simulated", NOW + timedelta(days=29))
    world.watch()


def pod(name: str, ready: str | None) -> Break:
    def change(world: TalosWorld) -> None:
        if ready is None:
            world.remove("pods", "kube-system", name)
        else:
            world.one("pods", "kube-system", name)["status"]["conditions"][0]["status"] = ready
        world.watch()

    return change


def cordon(world: TalosWorld) -> None:
    world.one("nodes", "", "worker-1")["spec"]["unschedulable"] = True


PROBLEM = Diagnostic("kubelet-csr", "not approved", ("csr-1", "csr-2"))
DRIFTS: list[tuple[str, str, Break]] = [
    ("talos.node-lost", "Node cp-2", lambda world: world.fail("cp-2", Reason.UNREACHABLE)),
    ("talos.node-lost", "Node worker-1", lambda world: world.fail("worker-1", Reason.TIMEOUT)),
    ("talos.etcd-members", "Cluster test", another_list),
    ("talos.etcd-missing", "Node cp-3", without_third),
    ("talos.etcd-stranger", "Cluster test", with_stranger),
    ("talos.etcd-leader", "Cluster test", lambda world: world.say_of_etcd("cp-2", status=read(status(2, leader=2)))),
    ("talos.etcd-leader", "Cluster test", lambda world: world.say_of_etcd("cp-2", status=read(status(2, leader=0)))),
    ("talos.etcd-alarm", "Node cp-2", lambda world: world.say_of_etcd("cp-2", alarms=read((Alarm(2, "NOSPACE"),)))),
    ("talos.etcd-error", "Node cp-2", lambda world: world.say_of_etcd("cp-2", status=read(status(2, errors=("x",))))),
    ("talos.service", "Node cp-1", lambda world: world.serve("cp-1", "kubelet", "Failed")),
    ("talos.service", "Node worker-1", lambda world: world.serve("worker-1", "kubelet", "Running", healthy=False)),
    ("talos.service", "Node worker-1", lambda world: world.serve("worker-1", "apid", "Finished")),
    ("talos.service", "Node cp-1", lambda world: world.serve("cp-1", "ext-tailscale", "Failed")),
    ("talos.boot", "Node cp-1", lambda world: world.serve("cp-1", "kubelet", "Waiting")),
    ("talos.version", "Node cp-1", lambda world: world.say("cp-1", version=read("v1.7.0"))),
    ("talos.memory", "Node cp-1", lambda world: world.say("cp-1", memory=read(GIB))),
    ("talos.memory", "Node worker-1", lambda world: world.say("worker-1", memory=read(GIB // 2))),
    ("talos.disk", "Node worker-1", lambda world: world.say("worker-1", disk=read(Disk(GIB, GIB)))),
    ("talos.clock", "Node worker-1", lambda world: world.say("worker-1", clock=read(Clock(-3.5, "time.test")))),
    ("talos.diagnostic", "Node worker-1", lambda world: world.say("worker-1", diagnostics=read((PROBLEM,)))),
    ("talos.extension", "Node worker-1", lambda world: world.say("worker-1", extensions=read(("schematic",)))),
    ("talos.extension", "Node cp-1", lambda world: world.say("cp-1", extensions=read(()))),
    ("talos.certificate", "Cluster test", expiring),
    ("talos.node-missing", "Cluster test", unlisted),
    ("talos.static-pod", "Node cp-2", pod("kube-apiserver-cp-2", None)),
    ("talos.static-pod", "Node cp-3", pod("kube-scheduler-cp-3", "False")),
    ("talos.kube-proxy", "Node worker-1", pod("kube-proxy-worker-1", None)),
    ("talos.cordoned", "Node worker-1", cordon),
]
"""Faults with one finding, apart from what a fault of a version brings with it."""

TOGETHER = {"talos.version": {"talos.version-skew"}}
"""Findings that come with one of DRIFTS, of another object."""


@pytest.mark.parametrize(("code", "obj", "drift"), DRIFTS, ids=[f"{n}-{d[0]}" for n, d in enumerate(DRIFTS)])
def test_fault_gives_exactly_its_finding(world: TalosWorld, code: str, obj: str, drift: Break) -> None:
    drift(world)
    findings = result(world).findings
    assert [str(each.object) for each in findings if each.code == code] == [obj]
    assert {each.code for each in findings} == {code} | TOGETHER.get(code, set())


def test_healthy_nodes_pass(world: TalosWorld) -> None:
    checked = result(world)
    assert (checked.status, checked.findings, checked.unknowns) == (Status.PASS, (), ())
    facts = {(fact.subject, fact.name): fact.value for fact in checked.facts}
    assert facts["cp-1", "talos_version"] == "v1.6.7"
    assert facts["cp-1", "extensions"] == "iscsi-tools, schematic"
    assert facts["talosconfig", "certificate_days"] == 365


def test_lost_quorum_explains_leader_and_alarms(world: TalosWorld) -> None:
    two_lost(world)
    codes = [each.code for each in result(world).findings]
    assert codes == ["talos.node-lost", "talos.node-lost", "talos.quorum-lost"]
    assert result(world).unknowns == ()


def test_stopped_etcd_counts_as_lost(world: TalosWorld) -> None:
    for name in ("cp-2", "cp-3"):
        world.serve(name, "etcd", "Failed")
    assert "talos.quorum-lost" in [each.code for each in result(world).findings]


def test_quorum_of_nodes_that_refuse_is_unknown(world: TalosWorld) -> None:
    for name in ("cp-2", "cp-3"):
        world.fail(name, Reason.UNAUTHORIZED)
    checked = result(world)
    assert (checked.status, checked.findings) == (Status.UNKNOWN, ())
    assert "check the quorum of etcd" in {unknown.what for unknown in checked.unknowns}


def test_node_that_has_not_joined_does_not_count_for_the_quorum(world: TalosWorld) -> None:
    first, second, _ = control_planes()
    members = (member(first), member(second))
    world.say_of_etcd("cp-1", members=read(members))
    world.fail("cp-2", Reason.UNREACHABLE)
    world.say_of_etcd("cp-3", members=failure(Reason.FAILED))
    assert "talos.quorum-lost" in [each.code for each in result(world).findings]


def test_cluster_without_control_plane_nodes_is_unknown() -> None:
    world = TalosWorld()
    world.observed = {"worker-1": world.observed["worker-1"]}
    world.objects["nodes", ""] = [world.one("nodes", "", "worker-1")]
    world.watch()
    checked = result(world)
    assert (checked.status, [unknown.what for unknown in checked.unknowns]) == (
        Status.UNKNOWN,
        ["find the control-plane nodes"],
    )


def test_no_node_that_answers_is_unknown_not_lost(world: TalosWorld) -> None:
    for name in world.observed:
        world.fail(name, Reason.UNREACHABLE)
    checked = result(world)
    assert (checked.status, checked.findings) == (Status.UNKNOWN, ())


def test_missing_talosconfig_is_unknown(world: TalosWorld) -> None:
    world.identity = failure(Reason.UNAUTHORIZED)
    for name in world.observed:
        world.fail(name, Reason.UNAUTHORIZED)
    assert result(world).status is Status.UNKNOWN


@pytest.mark.parametrize("answer", ["version", "services", "clock", "memory", "disk", "diagnostics", "extensions"])
def test_what_a_node_does_not_implement_is_unknown(world: TalosWorld, answer: str) -> None:
    world.say("worker-1", **{answer: failure(Reason.FAILED)})
    checked = result(world)
    assert (checked.status, checked.findings, len(checked.unknowns)) == (Status.UNKNOWN, (), 1)


def test_versions_that_differ_and_do_not_fit_the_kubelet_are_warnings() -> None:
    world = TalosWorld()
    every_version(world)
    assert {each.code for each in result(world).findings} == {"talos.kubelet-version"}
    world.say("cp-1", version=read("v1.6.1"))
    assert {each.code for each in result(world).findings} == {"talos.kubelet-version", "talos.version-skew"}


def test_number_of_control_plane_nodes_is_the_declared_one() -> None:
    [finding] = result(TalosWorld(controlPlanes=5)).findings
    assert (finding.code, finding.expected, finding.actual) == ("talos.control-planes", 5, 3)


def test_old_version_without_diagnostics_passes_and_says_so(world: TalosWorld) -> None:
    world.say("worker-1", diagnostics=read(None))
    checked = result(world)
    facts = {(fact.subject, fact.name): fact.value for fact in checked.facts}
    assert checked.status is Status.PASS
    assert facts["worker-1", "diagnostics"] == "this version of Talos has no diagnostics, which came with Talos 1.8"


def test_each_problem_is_a_finding_with_its_id_and_details(world: TalosWorld) -> None:
    world.say("cp-1", diagnostics=read((PROBLEM, Diagnostic("b", "other", ()))))
    found = [(each.code, each.message, each.actual) for each in result(world).findings]
    assert found == [
        ("talos.diagnostic", "Talos reports the problem kubelet-csr: not approved (csr-1; csr-2)", "kubelet-csr"),
        ("talos.diagnostic", "Talos reports the problem b: other", "b"),
    ]


def test_service_of_an_extension_without_a_health_check_is_no_finding(world: TalosWorld) -> None:
    world.serve("worker-1", "ext-iscsid", "Running")
    world.serve("cp-1", "ext-oneshot", "Finished")
    assert result(world).status is Status.PASS


def test_cluster_without_kube_proxy_is_no_finding(world: TalosWorld) -> None:
    for node in world.simulated:
        world.remove("pods", "kube-system", f"kube-proxy-{node.name}")
    world.watch()
    assert result(world).status is Status.PASS


def test_undeclared_talos_passes_and_a_verifier_inside_skips() -> None:
    world = World(declared())
    assert result(world).status is Status.PASS
    inside = World(declared(talos={}))
    assert result(inside).status is Status.SKIPPED


ELSEWHERE = ("talos.quorum-lost", "talos.control-planes", "talos.version-skew", "talos.kubelet-version")
"""Codes with tests of their own above."""


def test_every_code_is_provoked() -> None:
    assert {code for code, *_ in DRIFTS} == codes_of("talos", *ELSEWHERE)
