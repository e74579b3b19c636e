"""What a healthy cluster shows: its nodes and pods, and what is measured and tried from outside."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from checks.connection.collect_api_server import ApiServer, Certificate, Transport
from checks.kube.credentials import Credential, Means
from checks.kube.reading import Read
from checks.metrics.cluster_metrics import NEEDED, POD, ClusterMetrics, Replicas
from checks.metrics.collect import Metrics
from checks.network.callers import admitted, asked, callers
from checks.network.collect import Network, Outcome
from stacks.manifests.build import build
from stacks.model.declaration import Declaration

if TYPE_CHECKING:
    from tests.checks.world import World


def groups(declaration: Declaration) -> frozenset[str]:
    """Give the API groups that a declaration needs."""
    return frozenset(each.api_version for each in build(declaration) if "/" in each.api_version)


def api_server(declaration: Declaration, at: datetime) -> ApiServer:
    """Give an API server with nothing to object to."""
    return ApiServer(
        at=at,
        transport=Transport.VERIFIED,
        latencies=Read(tuple(n / 1000 for n in range(1, 21)), 0.1),
        groups=Read(groups(declaration), 0.01),
        skew=0.0,
        certificate=Certificate("CN=test-ca", at + timedelta(days=365)),
        credential=Credential(Means.CERTIFICATE, at + timedelta(days=365)),
    )


def network(declaration: Declaration) -> Network:
    """Give what callers reach where NetworkPolicies are enforced."""
    targets = asked(declaration).items()
    return Network(
        {
            who: Read({o: Outcome.REACHED if admitted(t, who) else Outcome.REFUSED for o, t in targets}, 0.01)
            for who in callers(declaration)
        }
    )


def metrics(world: "World", at: datetime) -> Metrics:
    """Give what a kube-state-metrics that is well would tell of the world."""
    pods = len(world.every("pods"))
    metas = {(obj["metadata"]["namespace"], obj["metadata"]["name"]): obj for obj in world.every("deployments")}
    cluster = ClusterMetrics(
        at=at,
        samples={**dict.fromkeys(NEEDED, 1), POD: pods},
        nodes={node["metadata"]["name"]: True for node in world.every("nodes")},
        phases={"Running": pods},
        deployments={key: Replicas(*[obj["spec"].get("replicas", 1)] * 2) for key, obj in metas.items()},
    )
    return Metrics(Read(cluster, 0.01), Read(None, 0.01), Read((), 0.01))


def node(name: str) -> dict[str, Any]:
    """Return a node that is ready."""
    return {"metadata": {"name": name}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}


def pod(name: str, namespace: str, labels: dict[str, Any], annotations: dict[str, Any]) -> dict[str, Any]:
    """Return a pod that is ready."""
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels,
            "annotations": annotations,
            "ownerReferences": [{"kind": "ReplicaSet", "name": name.rpartition("-")[0], "controller": True}],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True"}],
            "containerStatuses": [{"name": "main", "ready": True, "state": {"running": {}}}],
        },
    }
