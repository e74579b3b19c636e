"""The Deployment or StatefulSet of a server or workload: restricted and probed; a server is labelled for discovery."""

from stacks.manifests import bridge, containers, labels, launch, pods, rbac, volumes
from stacks.manifests.checksum import checksum
from stacks.manifests.manifest import HIDDEN, Hidden, Manifest, Value, given
from stacks.manifests.pod_config import Content
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model.owner import Owner
from stacks.model.placement import Placement
from stacks.model.replicas import replicas
from stacks.model.rollout import Rollout
from stacks.model.workload import STATEFUL_SET, Workload, controller


def workload(owner: Owner, declared: Workload, content: Content[object], site: Site) -> Manifest:
    """Return its Deployment or StatefulSet."""
    carried, annotations = labels.labels(owner, declared), labels.annotations(owner, declared, site.domain)
    noted = labels.pod_annotations(owner, declared, site.domain)
    rolled = {names.CHECKSUM: _checksum(owner, declared, content)}
    spec: dict[str, Value] = {
        "selector": {"matchLabels": owner.selector},
        **(_stateful(owner, declared) if declared.controller == STATEFUL_SET else _rollout(declared)),
        "template": {
            "metadata": {"labels": carried, "annotations": {**noted, **rolled}},
            "spec": _pod(owner, declared, site),
        },
    }
    if not declared.autoscaling:
        spec["replicas"] = declared.replicas
    # The autoscaler owns the number afterwards: two owners would undo each other's work. Without a number to begin
    # with, there would be one pod at first.
    initial = {"spec.replicas": declared.replicas} if declared.autoscaling else {}
    fixed = {} if declared.autoscaling else names.FIXED_REPLICAS
    return Manifest(
        "apps/v1",
        controller(declared),
        owner.name,
        declared.namespace,
        carried,
        {**annotations, **fixed},
        {"spec": spec},
        initial,
    )


def _stateful(owner: Owner, declared: Workload) -> dict[str, Value]:
    claims = {name: volume.claim for name, volume in declared.volumes.items() if volume.claim}
    retained = {name: "Retain" if claim.retain else "Delete" for name, claim in claims.items()}
    rollout = declared.rollout or Rollout()
    return given(
        {
            "serviceName": owner.name,
            "minReadySeconds": rollout.min_ready_seconds,
            "revisionHistoryLimit": rollout.revision_history_limit,
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


def _rollout(declared: Workload) -> dict[str, Value]:
    rollout = declared.rollout or Rollout()
    rolling: Value = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": declared.surge, "maxUnavailable": 0}}
    return {
        "strategy": {"type": rollout.strategy} if rollout.strategy else rolling,
        **rollout.model_dump(by_alias=True, exclude={"strategy"}),
    }


def checksum_owner(owner: Owner, declared: Workload) -> str:
    """Return the salt of the checksum of its pods."""
    return f"{declared.namespace}/{owner.name}"


def _checksum(owner: Owner, declared: Workload, content: Content[object]) -> str | Hidden:
    if content.values():
        return HIDDEN
    return checksum(checksum_owner(owner, declared), content.plain(declared.config), {})


def _pod(owner: Owner, declared: Workload, site: Site) -> dict[str, Value]:
    spread = [pods.spread(owner.selector)] if replicas(declared).least > 1 else None
    return given(
        {
            "serviceAccountName": rbac.account_name(owner, declared),
            "imagePullSecrets": site.image_pull_secrets(declared.namespace),
            "automountServiceAccountToken": declared.kubernetes is not None,
            "enableServiceLinks": False,
            "terminationGracePeriodSeconds": declared.grace_seconds,
            "securityContext": pods.pod_security(declared.security_context),
            **placement(declared),
            "initContainers": containers.init_containers(declared) or None,
            "containers": containers.containers(owner, declared),
            "volumes": [
                *(volume for volume, _ in volumes.mounted(owner, declared) if volume),
                *bridge.volumes(declared),
                *launch.volumes(declared),
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
