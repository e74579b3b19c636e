"""Find what refers to a Secret in its namespace, whether the stack declares it or not."""

from collections.abc import Iterator
from typing import Protocol

from checks.kube.client import ApiClient, Kind
from checks.kube.concurrent import read_each
from checks.kube.models.base import Meta
from checks.kube.models.references import Account, Ingress, ReaderPod, Reference, Workload
from checks.kube.reading import required
from checks.secrets.wanted import Place


class _User(Protocol):
    @property
    def metadata(self) -> Meta:
        """Its metadata."""

    def references(self) -> Iterator[Reference]:
        """Yield every Secret and ConfigMap that it refers to."""


_KINDS: dict[str, Kind[_User]] = {
    "Pod": Kind("api/v1", "pods", ReaderPod),
    "ServiceAccount": Kind("api/v1", "serviceaccounts", Account),
    "Deployment": Kind("apis/apps/v1", "deployments", Workload),
    "StatefulSet": Kind("apis/apps/v1", "statefulsets", Workload),
    "DaemonSet": Kind("apis/apps/v1", "daemonsets", Workload),
    "Job": Kind("apis/batch/v1", "jobs", Workload),
    "CronJob": Kind("apis/batch/v1", "cronjobs", Workload),
    "Ingress": Kind("apis/networking.k8s.io/v1", "ingresses", Ingress),
}


async def users_of(api: ApiClient, place: Place) -> tuple[str, ...]:
    """Return what refers to a Secret, by kind and name.

    Raises:
        UncheckedError: the objects of some kind cannot be listed.
    """
    found: list[str] = []
    for kind, read in (await read_each(lambda kind: api.list(_KINDS[kind], place.namespace), _KINDS)).items():
        using = (user for user in required(read) if place.name in _secrets(user))
        found += [f"{kind} {user.metadata.name}" for user in using]
    return tuple(sorted(found))


def _secrets(user: _User) -> set[str]:
    return {one.name for one in user.references() if one.kind == "Secret"}
