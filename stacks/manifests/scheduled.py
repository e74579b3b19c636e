"""Pods of the stack that run a command of `cortex` and end: on a schedule, or once."""

from collections.abc import Mapping, Sequence

from stacks.manifests import pods
from stacks.manifests.manifest import Manifest, Value, given
from stacks.manifests.site import Site
from stacks.manifests.volumes import writable_tmp
from stacks.model import names
from stacks.model.resources import Resources

LATEST_START_SECONDS = 300
"""A run that cannot begin in this time is skipped; the next one does the same."""


def cron_job(name: str, schedule: str, labels: Mapping[str, str], job: Value) -> Manifest:
    """Return a CronJob in cortex-system of which one Job runs at a time."""
    spec: Value = {
        "schedule": schedule,
        # kube-state-metrics crashes on any other if its image has no time zones.
        "timeZone": "UTC",
        "concurrencyPolicy": "Forbid",
        "suspend": False,
        "startingDeadlineSeconds": LATEST_START_SECONDS,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"metadata": {"labels": labels}, "spec": job},
    }
    return Manifest("batch/v1", "CronJob", name, names.SYSTEM_NAMESPACE, labels, content={"spec": spec})


def pod(name: str, account: str, image: str, command: Sequence[str], resources: Resources, site: Site) -> Value:
    """Return a restricted pod in cortex-system with one container, which has the token of an account."""
    volume, mount = writable_tmp()
    container: Value = {
        "name": name,
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": pods.resources(resources),
        "securityContext": pods.container_security(),
        # Pulumi shows this message of a failed verification. If the verification could not write one, it is the end
        # of the log.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [mount],
    }
    return given(
        {
            "serviceAccountName": account,
            "imagePullSecrets": site.image_pull_secrets(names.SYSTEM_NAMESPACE),
            "automountServiceAccountToken": True,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "securityContext": pods.pod_security(),
            "containers": [container],
            "volumes": [volume],
        }
    )
