"""Follow ConfigMaps for a program or a person: key by key, and a file that cannot be used is not passed on."""

from collections.abc import Callable, Iterable

import anyio
import msgspec

from checks.config.keys import KeyChange, fault, key_changes
from checks.kube.connection import Connection
from checks.kube.models import ConfigMap
from checks.kube.resources import CONFIG_MAPS
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change, Clients, Gap, Reflector
from checks.kube.watch.stream import Scope
from checks.results.result import Ref


class ConfigMapChange(msgspec.Struct, frozen=True):
    """The keys of a ConfigMap that were added, changed or removed; of a deleted one, all that it had."""

    object: Ref
    keys: tuple[KeyChange, ...]
    deleted: bool = False


class RejectedFile(msgspec.Struct, frozen=True):
    """A file that cannot be used, and why. `before` is the last value that was passed on, None if there is none."""

    object: Ref
    key: str
    before: str | None
    after: str
    fault: str


class ConfigMapFollower:
    """Follows the ConfigMaps of namespaces. What there is at the beginning is not a change, but a bad file is told.

    `changed` gets each change between valid values, so that a bad file and its repair are one change or none;
    `rejected` gets each bad file, and `missed` each time of which only the end is known. None of them may wait.
    """

    def __init__(
        self,
        namespaces: Iterable[str],
        clients: Clients,
        changed: Callable[[ConfigMapChange], None],
        rejected: Callable[[RejectedFile], None],
        missed: Callable[[Gap], None],
    ) -> None:
        self._clients, self._availability = clients, Availability()
        self._changed, self._rejected, self._missed = changed, rejected, missed
        self._passed: dict[str, dict[str, str]] = {}
        """What was passed on of each ConfigMap, by its uid."""
        self.reflectors = [self._reflector(Scope(name)) for name in namespaces]

    async def run(self) -> None:
        """Follow for ever."""
        async with anyio.create_task_group() as group:
            for reflector in self.reflectors:
                group.start_soon(reflector.run)

    def _reflector(self, scope: Scope) -> Reflector[ConfigMap]:
        def consume(change: Change[ConfigMap]) -> None:
            self.take(change, first=not reflector.stats.synced)

        reflector = Reflector(
            CONFIG_MAPS, scope, self._clients, consume, availability=self._availability, missed=self._missed
        )
        return reflector

    def take(self, change: Change[ConfigMap], *, first: bool) -> None:
        """Take a change of a ConfigMap; `first` if it is of the first list."""
        meta = change.object.metadata
        ref = Ref("ConfigMap", meta.name, meta.namespace)
        passed = self._passed.pop(meta.uid, {})
        if change.deleted:
            self._changed(ConfigMapChange(ref, tuple(key_changes(passed, {})), deleted=True))
            return
        seen = change.before.data if change.before else {}
        valid = self._passed[meta.uid] = {}
        for key, value in change.object.data.items():
            if seen.get(key) != value:
                if not (wrong := fault(key, value)):
                    valid[key] = value
                    continue
                self._rejected(RejectedFile(ref, key, passed.get(key), value, wrong))
            if key in passed:
                valid[key] = passed[key]
        keys = tuple(key_changes(passed, valid))
        if keys and not first:
            self._changed(ConfigMapChange(ref, keys))


async def watch_configmap_changes(
    namespace: str,
    callback: Callable[[ConfigMapChange], None],
    rejected: Callable[[RejectedFile], None],
    connection: Connection,
) -> None:
    """Call `callback` with each change of a ConfigMap in a namespace, until it is cancelled.

    A file such as server-config.yaml or features.json that cannot be used goes to `rejected` instead.
    """
    connector = Connector(connection, lambda: connection)
    await ConfigMapFollower([namespace], connector, callback, rejected, lambda _: None).run()
