"""Which probe fails, where it asks, and in which state the container is."""

import pytest

from checks.reactions.objects import Exec, Grpc, HttpGet, Probe, TcpSocket
from checks.reactions.reaction import Reaction
from checks.reactions.unhealthy import endpoint, explain, react
from checks.results.result import Ref
from tests.checks.fake_api import FakeApi
from tests.checks.reactions.examples import AT, SPACE, Json, as_pod, ask, container, occurred, pod

PROBES: Json = {
    "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080, "scheme": "HTTP"}, "periodSeconds": 5},
    "livenessProbe": {"tcpSocket": {"port": "http"}},
    "startupProbe": {"httpGet": {"path": "/startup", "port": 8080}, "failureThreshold": 30, "periodSeconds": 2},
}
MESSAGE = "Readiness probe failed: HTTP probe failed with statuscode: 500"


def unready(status: str = "False", **of_main: object) -> Json:
    return {
        "conditions": [{"type": "Ready", "status": status, "lastTransitionTime": AT}],
        "containerStatuses": [{"name": "main", "restartCount": 2, **of_main}],
    }


def test_a_failing_readiness_probe() -> None:
    ended = {"terminated": {"exitCode": 137, "reason": "Error", "finishedAt": AT}}
    state = unready(started=True, state={"running": {"startedAt": AT}}, lastState=ended)
    found = explain(occurred("Unhealthy", MESSAGE, container="main"), as_pod(pod(container(**PROBES), state)))
    assert found == Reaction(
        "the readiness probe of container main of Pod cortex-mcp/time-1 fails (GET http :8080/ready); "
        f"the pod is not ready since {AT}; restarts: 2",
        (
            f"the kubelet says: {MESSAGE}",
            "the readiness probe asks every 5 s, waits 1 s for the answer, and counts after 3 failures in a row",
            f"the container runs since {AT}",
            f"its previous run ended at {AT} with exit code 137 (Error)",
        ),
    )


def test_a_container_that_has_not_started() -> None:
    event = occurred("Unhealthy", "Startup probe failed: connection refused", container="main")
    found = explain(event, as_pod(pod(container(**PROBES), unready(started=False))))
    assert found.summary.startswith(
        "the startup probe of container main of Pod cortex-mcp/time-1 fails (GET http :8080/"
    )
    assert found.details[-1] == (
        "the container has not started: its startup probe (GET http :8080/startup) allows 60 s"
    )


def test_a_pod_that_is_still_ready_is_reported() -> None:
    event = occurred("Unhealthy", "Liveness probe failed: dial tcp: refused", container="main")
    found = explain(event, as_pod(pod(container(**PROBES), unready("True"))))
    assert found.summary == (
        "the liveness probe of container main of Pod cortex-mcp/time-1 fails (connection to port http); "
        "the pod is still ready; restarts: 2"
    )


def test_an_event_that_names_neither_probe_nor_container() -> None:
    two = {"containers": [{"name": "main"}, {"name": "more"}]}
    found = explain(occurred("Unhealthy", MESSAGE), as_pod(pod(two, unready())))
    assert found.summary == f"a probe of Pod cortex-mcp/time-1 fails; the pod is not ready since {AT}"
    found = explain(occurred("Unhealthy", "something", container="main"), as_pod(pod(container())))
    assert found.summary == "a probe of Pod cortex-mcp/time-1 fails; the pod is not ready"


@pytest.mark.parametrize(
    ("probe", "where"),
    [
        (Probe(http_get=HttpGet(port="web", scheme="HTTPS")), "GET https :web/"),
        (Probe(tcp_socket=TcpSocket(port=53)), "connection to port 53"),
        (Probe(grpc=Grpc(port=9000)), "gRPC health service on port 9000"),
        (Probe(exec=Exec(command=["redis-cli", "-a", "hunter2"])), "command redis-cli"),
    ],
)
def test_where_a_probe_asks(probe: Probe, where: str) -> None:
    assert endpoint(probe) == where


def test_of_the_cluster(api: FakeApi) -> None:
    event = occurred("Unhealthy", MESSAGE, container="main")
    assert ask(api, lambda client: react(event, client)) == Reaction("Pod cortex-mcp/time-1 no longer exists")
    api.world.add("pods", SPACE, pod(container(**PROBES), unready()))
    found = ask(api, lambda client: react(event, client))
    assert found
    assert "GET http :8080/ready" in found.summary
    assert ask(api, lambda client: react(occurred("Unhealthy", about=Ref("Node", "n")), client)) is None
