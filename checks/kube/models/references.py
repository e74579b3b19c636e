"""References to Secrets and ConfigMaps in pods, workloads, ServiceAccounts and Ingresses."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from collections.abc import Iterator
from dataclasses import dataclass

from checks.kube.models.base import Meta, Object
from checks.kube.models.workload import TemplateMeta


@dataclass(frozen=True)
class Reference:
    """A reference to a Secret or ConfigMap, with the key if it is about one key."""

    kind: str
    name: str
    key: str = ""
    optional: bool = False


class Named(Object, frozen=True):
    """A reference by name, with an optional key."""

    name: str = ""
    key: str = ""
    optional: bool = False


class Item(Object, frozen=True):
    """A key in a volume."""

    key: str


class VolumeSource(Object, frozen=True):
    """A Secret or ConfigMap in a volume; a volume of a Secret has the field `secretName` instead of `name`."""

    name: str = ""
    secret_name: str = ""
    items: list[Item] = []
    optional: bool = False


class Sources(Object, frozen=True):
    """The sources of a volume, or of a part of a projected volume."""

    secret: VolumeSource | None = None
    config_map: VolumeSource | None = None


class Projected(Object, frozen=True):
    """A projected volume."""

    sources: list[Sources] = []


class Volume(Sources, frozen=True):
    """A volume of a pod."""

    projected: Projected | None = None


class Origin(Object, frozen=True):
    """The source of an environment variable, or of several."""

    secret_key_ref: Named | None = None
    config_map_key_ref: Named | None = None
    secret_ref: Named | None = None
    config_map_ref: Named | None = None


class Variable(Object, frozen=True):
    """An environment variable of a container."""

    value_from: Origin | None = None


class Reader(Object, frozen=True):
    """The references of a container."""

    env: list[Variable] = []
    env_from: list[Origin] = []


class ReaderSpec(Object, frozen=True):
    """The references of a pod's specification."""

    containers: list[Reader] = []
    init_containers: list[Reader] = []
    volumes: list[Volume] = []
    image_pull_secrets: list[Named] = []

    def references(self) -> Iterator[Reference]:
        """Yield every Secret and ConfigMap that it refers to."""
        for container in [*self.containers, *self.init_containers]:
            for origin in [*(v.value_from for v in container.env if v.value_from), *container.env_from]:
                yield from _origin(origin)
        for volume in self.volumes:
            for source in [volume, *(volume.projected.sources if volume.projected else ())]:
                yield from _from_volume("Secret", source.secret)
                yield from _from_volume("ConfigMap", source.config_map)
        yield from (Reference("Secret", named.name, optional=True) for named in self.image_pull_secrets)


def _origin(origin: Origin) -> Iterator[Reference]:
    for kind, named in (
        ("Secret", origin.secret_key_ref or origin.secret_ref),
        ("ConfigMap", origin.config_map_key_ref or origin.config_map_ref),
    ):
        if named is not None:
            yield Reference(kind, named.name, named.key, named.optional)


def _from_volume(kind: str, source: VolumeSource | None) -> Iterator[Reference]:
    if source is None:
        return
    name = source.secret_name or source.name
    if not source.items:
        yield Reference(kind, name, optional=source.optional)
    for item in source.items:
        yield Reference(kind, name, item.key, source.optional)


class ReaderTemplate(Object, frozen=True):
    """A pod template."""

    metadata: TemplateMeta = TemplateMeta()
    spec: ReaderSpec = ReaderSpec()


class WorkloadSpec(Object, frozen=True):
    """The specification of a workload, with a pod template or a Job template."""

    template: ReaderTemplate = ReaderTemplate()
    job_template: "JobTemplate | None" = None


class JobTemplate(Object, frozen=True):
    """The Job template of a CronJob."""

    spec: WorkloadSpec = WorkloadSpec()


class Workload(Object, frozen=True):
    """A Deployment, StatefulSet, DaemonSet, Job or CronJob."""

    metadata: Meta
    spec: WorkloadSpec = WorkloadSpec()

    def references(self) -> Iterator[Reference]:
        """Yield every Secret and ConfigMap that its pods refer to."""
        jobs = self.spec.job_template
        return (jobs.spec if jobs else self.spec).template.spec.references()


class ReaderPod(Object, frozen=True):
    """A pod."""

    metadata: Meta
    spec: ReaderSpec = ReaderSpec()

    def references(self) -> Iterator[Reference]:
        """Yield every Secret and ConfigMap that it refers to."""
        return self.spec.references()


class Account(Object, frozen=True):
    """A ServiceAccount."""

    metadata: Meta
    secrets: list[Named] = []
    image_pull_secrets: list[Named] = []

    def references(self) -> Iterator[Reference]:
        """Yield every Secret that it refers to."""
        return (Reference("Secret", named.name) for named in [*self.secrets, *self.image_pull_secrets])


class Tls(Object, frozen=True):
    """The TLS settings of an Ingress."""

    secret_name: str = ""


class IngressSpec(Object, frozen=True):
    """An Ingress's specification."""

    tls: list[Tls] = []


class Ingress(Object, frozen=True):
    """An Ingress."""

    metadata: Meta
    spec: IngressSpec = IngressSpec()

    def references(self) -> Iterator[Reference]:
        """Yield every Secret that it refers to."""
        return (Reference("Secret", tls.secret_name) for tls in self.spec.tls)
