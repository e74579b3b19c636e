"""How many pods an MCP server has, and where they run."""

from tests.components.served import NAME, SELECTOR, served


def test_rollout_keeps_every_replica() -> None:
    assert served().one("Deployment").at("spec.strategy") == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0},
    }


def test_several_replicas_are_spread_and_survive_drains() -> None:
    recording = served(replicas=3, disruption={"maxUnavailable": 2})
    assert recording.of("PodDisruptionBudget")[NAME].at("spec") == {
        "maxUnavailable": 2,
        "selector": SELECTOR,
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    assert recording.one("Deployment").at("spec.template.spec.topologySpreadConstraints") == [
        {
            "maxSkew": 1,
            "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": SELECTOR,
            "matchLabelKeys": ["pod-template-hash"],
        }
    ]


def test_single_replica_blocks_no_drain() -> None:
    recording = served(replicas=1)
    assert recording.of("PodDisruptionBudget") == {}
    pod = recording.one("Deployment").at("spec.template.spec")
    assert isinstance(pod, dict)
    assert "topologySpreadConstraints" not in pod


def test_autoscaler_owns_the_number_of_replicas() -> None:
    recording = served(autoscaling={"minReplicas": 2, "maxReplicas": 6, "cpuPercent": 70})
    assert recording.of("HorizontalPodAutoscaler")[NAME].at("spec") == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "demo-mcp-server"},
        "minReplicas": 2,
        "maxReplicas": 6,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}},
            }
        ],
    }
    deployment = recording.one("Deployment")
    assert (deployment.at("spec.replicas"), deployment.ignored) == (2, ("spec.replicas",)), "a number to begin with"
    assert served().one("Deployment").ignored == ()
