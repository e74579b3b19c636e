"""Which nodes lack what for a pod that is not scheduled."""

import anyio
import pytest

from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.reactions.failed_scheduling import MOST_NODES, FailedScheduling, explain
from checks.reactions.node_room import Room, requested
from checks.reactions.reaction import Reaction
from checks.reactions.requests import requests, shown
from checks.results.result import Ref
from tests.checks.fake_api import FakeApi, status
from tests.checks.reactions.examples import (
    SPACE,
    Json,
    as_node,
    as_pod,
    ask,
    container,
    node,
    occurred,
    pod,
    requesting,
)

EVENT = occurred("FailedScheduling", "0/3 nodes are available")
BIG = pod(container(resources=requesting("3", "1Gi")) | {"nodeSelector": {"disk": "ssd"}})

pytestmark = pytest.mark.usefixtures("impatient")


def running(name: str, on: str, cpu: str) -> Json:
    return pod(container(resources=requesting(cpu)) | {"nodeName": on}, name=name)


def explained(wanted: Json, nodes: list[Json], *pods: Json) -> Reaction:
    room = Room(tuple(map(as_node, nodes)), anyio.run(requested, map(as_pod, pods)))
    return explain(EVENT, as_pod(wanted), room)


def test_each_node_has_a_line_with_what_it_lacks() -> None:
    tainted = node("b", spec={"taints": [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}]}, cpu="8")
    cordoned = node(
        "c",
        spec={
            "unschedulable": True,
            "taints": [{"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}],
        },
        cpu="8",
    )
    nodes = [node("a", cpu="4"), tainted, cordoned, node("d", memory="512Mi")]
    for each in nodes[:3]:
        each["metadata"]["labels"]["disk"] = "ssd"
    found = explained(BIG, nodes, running("other", "a", "1500m"), running("more", "a", "250m"))
    assert found.summary == (
        "Pod cortex-mcp/time-1 is not scheduled: none of 4 nodes takes it: too little cpu (2), cordoned (1), "
        "other labels than it selects (1), taints that it does not tolerate (1), too little memory (1)"
    )
    assert found.details == (
        "scheduler: 0/3 nodes are available",
        "the pod requests: cpu 3, memory 1024Mi",
        "Node a: cpu: 3 requested, 2250m of 4 free",
        "Node b: taint gpu=yes:NoSchedule",
        "Node c: cordoned",
        "Node d: no label disk=ssd; cpu: 3 requested, 2 of 2 free; memory: 1024Mi requested, 512Mi of 512Mi free",
    )


def test_tolerated_taints_and_preferences_keep_no_pod_away() -> None:
    taints = [
        {"key": "gpu", "value": "yes", "effect": "NoSchedule"},
        {"key": "soft", "effect": "PreferNoSchedule"},
        {"key": "down", "effect": "NoExecute"},
    ]
    tolerations = [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}, {"key": "down", "operator": "Exists"}]
    found = explained(pod(container() | {"tolerations": tolerations}), [node("a", spec={"taints": taints})])
    assert found.summary.endswith("1 of 1 node has room, but something else prevents it")
    assert found.details[1:] == (
        "the pod requests: nothing",
        "Node a: has room: affinity, spread rules, volumes or ports of the pod keep it away",
    )
    everything = [{"operator": "Exists"}]
    cordoned = node("a", spec={"unschedulable": True, "taints": taints})
    assert "has room" in explained(pod(container() | {"tolerations": everything}), [cordoned]).summary


def test_the_number_of_pods_is_limited_too() -> None:
    found = explained(pod(container()), [node("a", pods="1")], running("other", "a", "1m"))
    assert found.details[-1] == "Node a: pods: 1 requested, 0 of 1 free"


def test_lines_of_many_nodes_are_bounded() -> None:
    found = explained(BIG, [node(f"n{number:02}") for number in range(50)])
    assert found.details[-2:] == (f"Node n19: {found.details[2].partition(': ')[2]}", "and 30 nodes more")
    assert len(found.details) == MOST_NODES + 3


def test_init_containers_and_sidecars_count_as_the_scheduler_counts() -> None:
    def sized(name: str, cpu: str, policy: str = "") -> Json:
        return {"name": name, "resources": requesting(cpu), "restartPolicy": policy}

    spec: Json = {
        "initContainers": [sized("first", "700m"), sized("sidecar", "200m", "Always"), sized("last", "600m")],
        "containers": [sized("main", "400m"), sized("beside", "100m")],
        "overhead": {"cpu": "50m"},
    }
    assert shown("cpu", requests(as_pod(pod(spec)))["cpu"]) == "850m"
    spec["containers"].append(sized("more", "300m"))
    assert shown("cpu", requests(as_pod(pod(spec)))["cpu"]) == "1050m"


def test_pods_of_one_time_share_a_reading(api: FakeApi) -> None:
    api.world.add("nodes", "", node("a"))
    for number in range(5):
        api.world.add("pods", SPACE, pod(BIG["spec"], name=f"big-{number}"))

    async def every() -> list[Reaction | None]:
        found: list[Reaction | None] = []
        handler = FailedScheduling()

        async def one(client: ApiClient, number: int) -> None:
            about = Ref("Pod", f"big-{number}", SPACE)
            found.append(await handler(occurred("FailedScheduling", about=about), client))

        async with Connection("test", api.url).client() as client, anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(one, ApiClient(client), number)
        return found

    assert all(each and "too little cpu" in each.summary for each in anyio.run(every))
    assert (api.requests["/api/v1/nodes"], api.requests["/api/v1/pods"]) == (1, 1)
    assert {"fieldSelector": "status.phase!=Succeeded,status.phase!=Failed", "limit": "500"} in api.queries


def test_a_forbidden_list_names_the_permission(api: FakeApi) -> None:
    api.world.add("pods", SPACE, BIG)
    api.world.add("nodes", "", node("big", cpu="64"))
    api.faults["/api/v1/pods"] = [status(403, "no")]
    found = ask(api, lambda client: FailedScheduling()(EVENT, client))
    lacking = 'list pods: the account lacks the verb "list" on "pods" cluster-wide: grant it'
    assert found
    assert found.details[-1] == lacking
    api.faults["/api/v1/nodes"] = [status(403, "no")]
    found = ask(api, lambda client: FailedScheduling()(EVENT, client))
    assert found
    assert found.summary == "Pod cortex-mcp/time-1 is not scheduled: the nodes could not be read"
    assert found.details[-2:] == (
        'list nodes: the account lacks the verb "list" on "nodes" cluster-wide: grant it',
        lacking,
    )


def test_a_pod_that_is_gone_scheduled_or_unreadable(api: FakeApi) -> None:
    handler = FailedScheduling()
    assert ask(api, lambda client: handler(EVENT, client)) == Reaction("Pod cortex-mcp/time-1 no longer exists")
    api.world.add("pods", SPACE, running("time-1", "a", "1"))
    assert ask(api, lambda client: handler(EVENT, client)) is None
    api.faults[f"/api/v1/namespaces/{SPACE}/pods/time-1"] = [status(403, "no")]
    assert ask(api, lambda client: handler(EVENT, client)) == Reaction(
        "Pod cortex-mcp/time-1 could not be examined",
        ('get pods cortex-mcp/time-1: the account lacks the verb "get" on "pods" in namespace cortex-mcp: grant it',),
    )
