"""The hook that deletes the autoscaler of a server before the number of its pods is declared again.

The engine deletes undeclared objects after all updates, and until then an autoscaler would undo the new number.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pulumi
from urllib3.exceptions import HTTPError

from stacks.model import names

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_SECONDS = 30
_key_files = threading.Lock()


def stopping(context: str) -> pulumi.ResourceHook:
    """Return the hook that deletes a Deployment's autoscaler before an update that fixes the number of its pods.

    `context` is that of the kubeconfig. The engine then finds that the autoscaler is already deleted.
    """

    def stop(args: pulumi.ResourceHookArgs) -> None:
        before, after = args.old_inputs or {}, args.new_inputs or {}
        if _fixes_replicas(after) and not _fixes_replicas(before):
            _delete(context, after["metadata"])

    return pulumi.ResourceHook("stop-autoscaler", stop)


def has_fixed_replicas(annotations: Mapping[str, object]) -> bool:
    """Check whether these are the annotations of a Deployment whose number of pods is declared."""
    return names.FIXED_REPLICAS.items() <= annotations.items()


def _fixes_replicas(inputs: Mapping[str, Any]) -> bool:
    return has_fixed_replicas(inputs.get("metadata", {}).get("annotations") or {})


def _delete(context: str, deployment: Mapping[str, str]) -> None:
    # Imported here because it takes a second, and few deployments switch autoscaling off.
    from kubernetes import client

    name, namespace = deployment["name"], deployment["namespace"]
    try:
        with _connected(context) as api:
            client.AutoscalingV2Api(api).delete_namespaced_horizontal_pod_autoscaler(
                name, namespace, _request_timeout=_SECONDS
            )
    except client.ApiException as error:
        if error.status != HTTPStatus.NOT_FOUND:
            raise _still_there(name, namespace, f"{error.status} {error.reason}") from None
    except HTTPError:
        raise _still_there(name, namespace, "the API server cannot be reached") from None


@contextmanager
def _connected(context: str) -> Iterator["ApiClient"]:
    """Yield a client; the key of the kubeconfig is in a file meanwhile, and no longer.

    One at a time, since the end of one deletes the files of all.
    """
    from kubernetes import config
    from kubernetes.config import kube_config

    with _key_files:
        try:
            yield config.new_client_from_config(context=context)  # type: ignore[no-untyped-call]
        finally:
            kube_config._cleanup_temp_files()  # type: ignore[no-untyped-call]


def _still_there(name: str, namespace: str, reason: str) -> pulumi.RunError:
    return pulumi.RunError(
        f"the HorizontalPodAutoscaler {namespace}/{name} cannot be deleted ({reason}), and would undo the declared "
        "number of replicas: delete it, then deploy again"
    )
