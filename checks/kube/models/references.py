"""What of a pod's specification names Secrets and ConfigMaps, and what else names them."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from collections.abc import Iterator
from dataclasses import dataclass

from checks.kube.models.base import Meta, Object
from checks.kube.models.workload import TemplateMeta


@dataclass(frozen=True)
class Reference:
    """A Secret or ConfigMap that is named somewhere, with the key if only one is wanted."""

    kind: str
    name: str
    key: str = ""
    optional: bool = False


class Named(Object, frozen=True):
    """A name, and perhaps a key."""

    name: str = ""
    key: str = ""
    optional: bool = False


class Item(Object, frozen=True):
    """A key that a volume shows."""

    key: str


class Shown(Object, frozen=True):
    """What a volume shows of a Secret or ConfigMap; a Secret's volume alone has its own word for the name."""

    name: str = ""
    secret_name: str = ""
    items: list[Item] = []
    optional: bool = False


class Sources(Object, frozen=True):
    """A volume, or a part of a projected one."""

    secret: Shown | None = None
    config_map: Shown | None = None


class Projected(Object, frozen=True):
    """A volume of several parts."""

    sources: list[Sources] = []


class Volume(Sources, frozen=True):
    """A volume of a pod."""

    projected: Projected | None = None


class Origin(Object, frozen=True):
    """Where a variable, or all of them, come from."""

    secret_key_ref: Named | None = None
    config_map_key_ref: Named | None = None
    secret_ref: Named | None = None
    config_map_ref: Named | None = None


class Variable(Object, frozen=True):
    """A variable of a container."""

    value_from: Origin | None = None


class Reader(Object, frozen=True):
    """A container, as far as it reads Secrets and ConfigMaps."""

    env: list[Variable] = []
    env_from: list[Origin] = []


class ReaderSpec(Object, frozen=True):
    """A pod's specification, as far as it names Secrets and ConfigMaps."""

    containers: list[Reader] = []
    init_containers: list[Reader] = []
    volumes: list[Volume] = []
    image_pull_secrets: list[Named] = []

    def references(self) -> Iterator[Reference]:
        """Give every Secret and ConfigMap that it names."""
        for container in [*self.containers, *self.init_containers]:
            for origin in [*(v.value_from for v in container.env if v.value_from), *container.env_from]:
                yield from _origin(origin)
        for volume in self.volumes:
            for source in [volume, *(volume.projected.sources if volume.projected else ())]:
                yield from _shown("Secret", source.secret)
                yield from _shown("ConfigMap", source.config_map)
        yield from (Reference("Secret", named.name, optional=True) for named in self.image_pull_secrets)


def _origin(origin: Origin) -> Iterator[Reference]:
    for kind, named in (
        ("Secret", origin.secret_key_ref or origin.secret_ref),
        ("ConfigMap", origin.config_map_key_ref or origin.config_map_ref),
    ):
        if named is not None:
            yield Reference(kind, named.name, named.key, named.optional)


def _shown(kind: str, shown: Shown | None) -> Iterator[Reference]:
    if shown is None:
        return
    name = shown.secret_name or shown.name
    if not shown.items:
        yield Reference(kind, name, optional=shown.optional)
    for item in shown.items:
        yield Reference(kind, name, item.key, shown.optional)


class ReaderTemplate(Object, frozen=True):
    """A pod template."""

    metadata: TemplateMeta = TemplateMeta()
    spec: ReaderSpec = ReaderSpec()


class WorkloadSpec(Object, frozen=True):
    """The specification of what makes pods: of a template, or of Jobs that have one."""

    template: ReaderTemplate = ReaderTemplate()
    job_template: "JobTemplate | None" = None


class JobTemplate(Object, frozen=True):
    """The Jobs of a CronJob."""

    spec: WorkloadSpec = WorkloadSpec()


class Workload(Object, frozen=True):
    """A Deployment, StatefulSet, DaemonSet, Job or CronJob."""

    metadata: Meta
    spec: WorkloadSpec = WorkloadSpec()

    def references(self) -> Iterator[Reference]:
        """Give every Secret and ConfigMap that its pods name."""
        jobs = self.spec.job_template
        return (jobs.spec if jobs else self.spec).template.spec.references()


class ReaderPod(Object, frozen=True):
    """A pod."""

    metadata: Meta
    spec: ReaderSpec = ReaderSpec()

    def references(self) -> Iterator[Reference]:
        """Give every Secret and ConfigMap that it names."""
        return self.spec.references()


class Account(Object, frozen=True):
    """A ServiceAccount."""

    metadata: Meta
    secrets: list[Named] = []
    image_pull_secrets: list[Named] = []

    def references(self) -> Iterator[Reference]:
        """Give every Secret that it names."""
        return (Reference("Secret", named.name) for named in [*self.secrets, *self.image_pull_secrets])


class Tls(Object, frozen=True):
    """The certificate of an Ingress."""

    secret_name: str = ""


class IngressSpec(Object, frozen=True):
    """An Ingress's specification."""

    tls: list[Tls] = []


class Ingress(Object, frozen=True):
    """An Ingress."""

    metadata: Meta
    spec: IngressSpec = IngressSpec()

    def references(self) -> Iterator[Reference]:
        """Give every Secret that it names."""
        return (Reference("Secret", tls.secret_name) for tls in self.spec.tls)
