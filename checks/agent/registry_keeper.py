"""Keep the registry of MCP servers current from the pods that are watched (R2.4)."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import anyio

from checks.errors import CheckError
from checks.kube import models as k8s
from checks.kube.connection import Connection
from checks.registry.registry import Registry, register, save
from checks.servers.discovery import Sight, sightings
from stacks.model import names
from stacks.model.followed import Followed

LATEST_SECONDS = 60.0
"""How often the file is written although nothing changed, so that its age shows that it is current."""
SETTLE_SECONDS = 0.5
"""How long changes are joined before the file is written."""


class RegistryKeeper:
    """Writes the file as a whole after each change of a pod of an MCP server; `pods` returns those that are known.

    Without a `path` nothing is written.
    """

    def __init__(
        self,
        followed: Followed,
        connection: Connection,
        path: Path | None,
        pods: Callable[[], Iterable[k8s.PodSummary]],
    ) -> None:
        self.problem = ""
        """Why the file could not be written; empty if it could."""
        self._followed, self._connection, self._path, self._pods = followed, connection, path, pods
        self._changed = anyio.Event()

    def changed(self) -> None:
        """Note that a pod changed."""
        self._changed.set()

    async def run(self) -> None:
        """Write the file at each change, and once a minute."""
        while self._path:
            with anyio.move_on_after(LATEST_SECONDS):
                await self._changed.wait()
            await anyio.sleep(SETTLE_SECONDS)
            self._changed = anyio.Event()
            try:
                save(self.registry(), self._path)
                self.problem = ""
            except CheckError as error:
                self.problem = str(error)

    def registry(self) -> Registry:
        """Return the registry as the pods are now."""
        servers = [pod for pod in self._pods() if pod.metadata.labels.get(names.APP) == names.MCP_SERVER_APP]
        sight = Sight(sightings(self._followed, servers, {}))
        return register(sight, self._connection, datetime.now(UTC))
