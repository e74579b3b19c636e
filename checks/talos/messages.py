"""Decode the answers of the Talos API. Each has a list of messages: one for a single node.

The bindings have no types, so the values are converted here, and nothing else reads the messages.
"""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from checks.talos.answers import Alarm, Clock, Diagnostic, Disk, EtcdStatus, Member, Service

if TYPE_CHECKING:
    from collections.abc import Iterable

    from talos_linux_api.v1_6_0 import machine, time

    from checks.talos.resource_api import Resource

DATA = "/var"
"""Where Talos mounts its data partition."""


def version(answer: "machine.VersionResponse") -> str:
    """Return the version."""
    return str(answer.messages[0].version.tag)


def services(answer: "machine.ServiceListResponse") -> tuple[Service, ...]:
    """Return the services."""
    return tuple(
        Service(
            str(one.id),
            str(one.state),
            None if one.health.unknown else bool(one.health.healthy),
            str(one.health.last_message),
        )
        for one in answer.messages[0].services
    )


def clock(answer: "time.TimeResponse") -> Clock:
    """Return the difference of the clocks."""
    told = answer.messages[0]
    return Clock((told.localtime - told.remotetime).total_seconds(), str(told.server))


def memory(answer: "machine.MemoryResponse") -> int:
    """Return the memory in bytes; the node says it in KiB."""
    return int(answer.messages[0].meminfo.memtotal) * 1024


def disk(answer: "machine.MountsResponse") -> Disk:
    """Return the size of the data partition.

    Raises:
        LookupError: it is not mounted.
    """
    for one in answer.messages[0].stats:
        if one.mounted_on == DATA:
            return Disk(int(one.size), int(one.available))
    raise LookupError(f"{DATA} is not mounted")


def members(answer: "machine.EtcdMemberListResponse") -> tuple[Member, ...]:
    """Return the etcd members."""
    return tuple(
        Member(
            int(one.id),
            str(one.hostname),
            frozenset(urlsplit(str(url)).hostname or "" for url in one.peer_urls),
            bool(one.is_learner),
        )
        for one in answer.messages[0].members
    )


def status(answer: "machine.EtcdStatusResponse") -> EtcdStatus:
    """Return the state of an etcd member."""
    told = answer.messages[0].member_status
    errors = tuple(str(one) for one in told.errors)
    return EtcdStatus(int(told.member_id), int(told.leader), int(told.db_size), int(told.db_size_in_use), errors)


def alarms(answer: "machine.EtcdAlarmListResponse") -> tuple[Alarm, ...]:
    """Return the alarms of etcd; one that the bindings do not know has its number as name."""
    every = (one for told in answer.messages for one in told.member_alarms if one.alarm)
    return tuple(Alarm(int(one.member_id), str(getattr(one.alarm, "name", None) or int(one.alarm))) for one in every)


def diagnostics(resources: "Iterable[Resource]") -> tuple[Diagnostic, ...]:
    """Return diagnostics, which are resources.

    Raises:
        ValueError: one is not a diagnostic.
    """
    from checks.talos.resource_api import DiagnosticSpec

    told = ((one.metadata.id, DiagnosticSpec().parse(one.spec.proto_spec)) for one in resources)
    return tuple(Diagnostic(_text(id_), _text(spec.message), tuple(spec.details)) for id_, spec in told)


def extensions(resources: "Iterable[Resource]") -> tuple[str, ...]:
    """Return the names of system extensions, which are resources.

    Raises:
        ValueError: one is not an extension.
    """
    from talos_linux_api.v1_6_0.talos.resource.definitions.extensions import Layer

    return tuple(_text(str(Layer().parse(one.spec.proto_spec).metadata.name)) for one in resources)


def _text(value: str) -> str:
    if not value:
        raise ValueError("a resource has no name or no message")
    return value


def generated(answer: "machine.GenerateConfigurationResponse") -> tuple[str, str]:
    """Return a generated machine configuration and the talosconfig."""
    told = answer.messages[0]
    return bytes(told.data[0]).decode(), bytes(told.talosconfig).decode()


def kubeconfig(archive: bytes) -> bytes:
    """Return the kubeconfig in a compressed archive, in which Talos sends it.

    Raises:
        ValueError: it is not such an archive.
        LookupError: it has no kubeconfig.
    """
    import io
    import tarfile

    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
            for entry in opened:
                if entry.isfile() and entry.name.endswith("kubeconfig") and (file := opened.extractfile(entry)):
                    return file.read()
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ValueError("not an archive") from error
    raise LookupError("the archive has no kubeconfig")
