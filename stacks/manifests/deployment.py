"""The Deployment or StatefulSet of an MCP server: restricted, probed, and labelled for discovery."""

from stacks.manifests import bridge, containers, labels, launch, pods, rbac, volumes
from stacks.manifests.checksum import checksum
from stacks.manifests.manifest import HIDDEN, Hidden, Manifest, Value, given
from stacks.manifests.pod_config import Content
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model.placement import Placement
from stacks.model.replicas import replicas
from stacks.model.rollout import Rollout
from stacks.model.server import STATEFUL_SET, Server, controller


def workload(kind: str, server: Server, content: Content[object], site: Site) -> Manifest:
    """Return a server's Deployment or StatefulSet."""
    carried, annotations = labels.labels(kind, server), labels.annotations(kind, server, site.domain)
    rolled = {names.CHECKSUM: _checksum(kind, server, content)}
    spec: dict[str, Value] = {
        "selector": {"matchLabels": names.server_selector(kind)},
        **(_stateful(kind, server) if server.controller == STATEFUL_SET else _rollout(server)),
        "template": {
            "metadata": {"labels": carried, "annotations": {**annotations, **rolled}},
            "spec": _pod(kind, server, site),
        },
    }
    if not server.autoscaling:
        spec["replicas"] = server.replicas
    # The autoscaler owns the number afterwards: two owners would undo each other's work. Without a number to begin
    # with, there would be one pod at first.
    initial = {"spec.replicas": server.replicas} if server.autoscaling else {}
    fixed = {} if server.autoscaling else names.FIXED_REPLICAS
    return Manifest(
        "apps/v1",
        controller(server),
        names.server(kind),
        server.namespace,
        carried,
        {**annotations, **fixed},
        {"spec": spec},
        initial,
    )


def _stateful(kind: str, server: Server) -> dict[str, Value]:
    claims = {name: volume.claim for name, volume in server.volumes.items() if volume.claim}
    retained = {name: "Retain" if claim.retain else "Delete" for name, claim in claims.items()}
    declared = server.rollout or Rollout()
    return given(
        {
            "serviceName": names.server(kind),
            "minReadySeconds": declared.min_ready_seconds,
            "revisionHistoryLimit": declared.revision_history_limit,
            "volumeClaimTemplates": [
                {"metadata": {"name": name}, "spec": volumes.claim_spec(claim)} for name, claim in claims.items()
            ],
            # One policy applies to all claims; they are kept unless all of them may be deleted.
            "persistentVolumeClaimRetentionPolicy": {
                "whenDeleted": "Retain" if "Retain" in retained.values() else "Delete",
                "whenScaled": "Retain",
            }
            if claims
            else None,
        }
    )


def _rollout(server: Server) -> dict[str, Value]:
    declared = server.rollout or Rollout()
    rolling: Value = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": server.surge, "maxUnavailable": 0}}
    return {
        "strategy": {"type": declared.strategy} if declared.strategy else rolling,
        **declared.model_dump(by_alias=True, exclude={"strategy"}),
    }


def checksum_owner(kind: str, server: Server) -> str:
    """Return the salt of the checksum of a server's pods."""
    return f"{server.namespace}/{names.server(kind)}"


def _checksum(kind: str, server: Server, content: Content[object]) -> str | Hidden:
    if content.values():
        return HIDDEN
    return checksum(checksum_owner(kind, server), content.plain(server.config), {})


def _pod(kind: str, server: Server, site: Site) -> dict[str, Value]:
    spread = [_spread(kind)] if replicas(server).least > 1 else None
    return given(
        {
            "serviceAccountName": rbac.account_name(kind, server),
            "imagePullSecrets": site.image_pull_secrets(server.namespace),
            "automountServiceAccountToken": server.kubernetes is not None,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": server.grace_seconds,
            "securityContext": pods.pod_security(server.security_context),
            **placement(server),
            "initContainers": containers.init_containers(server) or None,
            "containers": containers.containers(kind, server),
            "volumes": [
                *(volume for volume, _ in volumes.mounted(kind, server) if volume),
                *bridge.volumes(server),
                *launch.volumes(server),
            ],
            "topologySpreadConstraints": spread,
        }
    )


def placement(declared: Placement) -> dict[str, Value]:
    """Return the fields of a pod that say on which nodes it runs, and what the node gives it."""
    fields = declared.model_dump(by_alias=True, include={*Placement.model_fields})
    architecture = fields.pop("architecture", None)
    labels = {**fields.pop("nodeSelector", {}), **({"kubernetes.io/arch": architecture} if architecture else {})}
    # Tolerations are declared as empty, so that a deployment removes what somebody adds.
    return {"tolerations": [], **fields, **({"nodeSelector": labels} if labels else {})}


def _spread(kind: str) -> Value:
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        # A cluster of one node must also run all of them.
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": names.server_selector(kind)},
        # Otherwise new pods would be spread together with those that they replace, and unevenly once those are gone.
        "matchLabelKeys": ["pod-template-hash"],
    }
