"""Read from the API server's own pods whether it encrypts what it stores.

kubeadm, Talos and RKE2 run it as a static pod, which the kubelet shows in the API. Managed clusters and the embedded
cluster do not show it.
"""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from dataclasses import dataclass

from checks.kube.client import Kind
from checks.kube.models.base import Meta, Object
from checks.kube.reading import Read, ReadFailure, Reading, Reason
from checks.snapshot.reader import Collector, Reader

NAMESPACE = "kube-system"
_CONTAINER = "kube-apiserver"
_LABELS = f"component={_CONTAINER}"
_MIRROR = "kubernetes.io/config.mirror"
"""The annotation that the kubelet sets on what it shows of a static pod."""
_OPTION = "--encryption-provider-config"


class _Container(Object, frozen=True):
    name: str
    command: list[str] = []
    args: list[str] = []


class _Spec(Object, frozen=True):
    containers: list[_Container] = []


class _Pod(Object, frozen=True):
    """A pod with the command lines of its containers."""

    metadata: Meta
    spec: _Spec = _Spec()


_PODS = Kind("api/v1", "pods", _Pod)


@dataclass(frozen=True)
class ApiServerPod:
    """A pod of the API server, and whether it is started with an encryption provider."""

    name: str
    encrypts: bool


async def collect(reader: Reader) -> Reading[tuple[ApiServerPod, ...]]:
    """Return the pods of the API server; none if the cluster, or the account's permissions, do not show them."""
    listed = await reader.api.list(_PODS, NAMESPACE, labels=_LABELS)
    if isinstance(listed, ReadFailure):
        return Read((), listed.seconds) if listed.reason is Reason.FORBIDDEN else listed
    shown = (pod for pod in listed.value if _MIRROR in pod.metadata.annotations)
    servers = ((pod, one) for pod in shown for one in pod.spec.containers if one.name == _CONTAINER)
    found = (ApiServerPod(pod.metadata.name, _encrypts(one)) for pod, one in servers)
    return Read(tuple(sorted(found, key=lambda each: each.name)), listed.seconds)


ENCRYPTION = Collector(collect)


def _encrypts(container: _Container) -> bool:
    words = [*container.command, *container.args]
    following = zip(words, [*words[1:], ""], strict=True)
    values = (value if word == _OPTION else word.removeprefix(f"{_OPTION}=") for word, value in following if _is(word))
    return any(values)


def _is(word: str) -> bool:
    return word.partition("=")[0] == _OPTION
