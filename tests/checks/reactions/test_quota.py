"""A quota that is exhausted: what is used of it, and by whom."""

import pytest

from checks.reactions.quota import react
from checks.reactions.reaction import Reaction
from checks.results.result import Ref
from tests.checks.fake_api import FakeApi, status
from tests.checks.reactions.examples import SPACE, ask, container, occurred, pod, requesting

ABOUT = Ref("ReplicaSet", "time-5d", SPACE)
REFUSED = (
    'Error creating: pods "time-5d-x" is forbidden: exceeded quota: compute, requested: pods=1,requests.cpu=500m, '
    "used: pods=4,requests.cpu=1900m, limited: pods=4,requests.cpu=2"
)
EVENT = occurred("FailedCreate", REFUSED, ABOUT)

pytestmark = pytest.mark.usefixtures("impatient")


@pytest.fixture
def quotas(api: FakeApi) -> FakeApi:
    hard = {"pods": "4", "requests.cpu": "2", "limits.memory": "8Gi", "configmaps": "0"}
    used = {"pods": "4", "requests.cpu": "1900m", "limits.memory": "1Gi", "configmaps": "0"}
    other = {"services": "10"}
    api.world.objects["resourcequotas", SPACE] = []
    api.world.add("resourcequotas", SPACE, {"metadata": {"name": "compute"}, "status": {"hard": hard, "used": used}})
    api.world.add(
        "resourcequotas", SPACE, {"metadata": {"name": "other"}, "status": {"hard": other, "used": {"services": "9"}}}
    )
    for number, (owner, cpu) in enumerate([("big-7f", "600m"), ("big-7f", "600m"), ("time-5d", "500m"), ("", "200m")]):
        spec = container(resources=requesting(cpu))
        api.world.add("pods", SPACE, pod(spec, name=f"pod-{number}", owner=owner))
    return api


def test_a_refused_pod(quotas: FakeApi) -> None:
    assert ask(quotas, lambda client: react(EVENT, client)) == Reaction(
        "ReplicaSet cortex-mcp/time-5d meets a limit of its namespace: "
        "compute: pods 4 of 4 (100 %); compute: requests.cpu 1900m of 2 (95 %)",
        (
            REFUSED,
            "ResourceQuota compute: configmaps 0 of 0",
            "ResourceQuota compute: limits.memory 1Gi of 8Gi (12 %)",
            "ResourceQuota compute: pods 4 of 4 (100 %)",
            "ResourceQuota compute: requests.cpu 1900m of 2 (95 %)",
            "largest consumers of pods: ReplicaSet big-7f 2, Pod pod-3 1, ReplicaSet time-5d 1",
            "largest consumers of requests.cpu: ReplicaSet big-7f 1200m, ReplicaSet time-5d 500m, Pod pod-3 200m",
        ),
    )


def test_exhaustion_without_a_name_is_of_all_quotas(quotas: FakeApi) -> None:
    found = ask(quotas, lambda client: react(occurred("ResourceExhausted", "too much", ABOUT), client))
    assert found
    assert found.summary.endswith(
        "compute: configmaps 0 of 0; compute: pods 4 of 4 (100 %); compute: requests.cpu 1900m of 2 (95 %); "
        "other: services 9 of 10 (90 %)"
    )
    of_a_namespace = occurred("ResourceExhausted", "", Ref("Namespace", SPACE))
    assert ask(quotas, lambda client: react(of_a_namespace, client))


def test_other_failures_of_creation_are_not_of_quotas(quotas: FakeApi) -> None:
    other = occurred("FailedCreate", 'pods "x" is forbidden: violates PodSecurity "restricted"', ABOUT)
    assert ask(quotas, lambda client: react(other, client)) is None
    assert ask(quotas, lambda client: react(occurred("ResourceExhausted", "", Ref("Node", "n")), client)) is None


def test_a_quota_that_is_gone(api: FakeApi) -> None:
    api.world.objects["resourcequotas", SPACE] = []
    found = ask(api, lambda client: react(EVENT, client))
    assert found
    assert found.summary.endswith("no quota of its namespace is exhausted now")


def test_forbidden_lists_name_the_permission(quotas: FakeApi) -> None:
    quotas.faults[f"/api/v1/namespaces/{SPACE}/pods"] = [status(403, "no")]
    found = ask(quotas, lambda client: react(EVENT, client))
    assert found
    lacks = 'the account lacks the verb "list" on "{}" in namespace cortex-mcp: grant it'
    assert found.details[-1] == f"list pods in namespace {SPACE}: {lacks.format('pods')}"
    quotas.faults[f"/api/v1/namespaces/{SPACE}/resourcequotas"] = [status(403, "no")]
    found = ask(quotas, lambda client: react(EVENT, client))
    assert found
    assert found.details == (f"list resourcequotas in namespace {SPACE}: {lacks.format('resourcequotas')}",)
