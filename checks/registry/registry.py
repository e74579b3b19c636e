"""The registry of MCP servers: a file that lists the running servers for other programs."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from checks.errors import UncheckedError, UsageError
from checks.formats.json import render
from checks.kube.connection import Connection
from checks.output import show
from checks.servers.discovery import Sight, Sighting

FILE = Path("mcp-server-registry.json")
MAX_AGE = timedelta(minutes=5)
"""An older file does not count as current."""

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class ServerInfo(msgspec.Struct, frozen=True):
    """One pod of a server, if possible a ready one."""

    name: str
    namespace: str
    type: str
    version: str
    protocol: str
    capabilities: list[str]
    endpoint: str
    pod_ip: str
    node_name: str
    status: str
    ready: bool


class Entry(msgspec.Struct, frozen=True):
    """A server: `healthy` if one of its pods is ready, else `degraded`."""

    server_info: ServerInfo
    discovered_at: Moment
    health_status: Literal["healthy", "degraded"]


class Registry(msgspec.Struct, frozen=True):
    """The file. It names its cluster, so that a stack never gets the servers of another one."""

    last_update: Moment
    servers: dict[str, Entry]
    context: str = ""
    cluster: str = ""
    """The API server's address."""

    def only(self, kind: str) -> "Registry":
        """Return the registry with only one server."""
        return msgspec.structs.replace(self, servers={kind: self.servers[kind]})

    def serves(self, connection: Connection, now: datetime, max_age: timedelta) -> bool:
        """Return whether the registry is of this cluster, not older than this, and not from the future."""
        of_cluster = (self.context, self.cluster) == (connection.context, connection.host)
        return of_cluster and timedelta(0) <= now - self.last_update <= max_age


def load(path: Path) -> tuple[Registry | None, str]:
    """Read the file; return None if it does not exist, or None and a sentence if it is not a registry.

    Raises:
        UsageError: it exists, but cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Registry), ""
    except FileNotFoundError:
        return None, ""
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        return None, f"{path} is not a registry ({error}): it is written again"
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror or error}: name another file with --output") from error


def save(registry: Registry, path: Path) -> None:
    """Write the file as a whole: of two writers, the later one wins.

    Raises:
        UsageError: it cannot be written.
    """
    show(render(registry), path)


def register(sight: Sight, connection: Connection, now: datetime) -> Registry:
    """Return the registry of the declared servers that run; undeclared servers are not in it.

    Raises:
        UncheckedError: something could not be read, so a running server could be missing.
    """
    if sight.failures:
        raise UncheckedError(f"the registry was not changed: {sight.failures[0].message}")
    running = [one for one in sight.sightings if one.declared and one.pod.status.phase == "Running"]
    return Registry(now, {one.type: _entry(one, now) for one in running}, connection.context, connection.host)


def _entry(sighting: Sighting, now: datetime) -> Entry:
    pod = sighting.pod
    info = ServerInfo(
        name=pod.metadata.name,
        namespace=sighting.namespace,
        type=sighting.type,
        version=sighting.version,
        protocol=sighting.protocol,
        capabilities=sighting.capabilities,
        endpoint=sighting.endpoint,
        pod_ip=pod.status.pod_ip,
        node_name=pod.spec.node_name,
        status=pod.status.phase,
        ready=pod.ready,
    )
    return Entry(info, now, "healthy" if pod.ready else "degraded")
