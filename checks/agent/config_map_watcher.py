"""Follow ConfigMaps: key by key, and files that have to be valid are validated first (R7.2)."""

from collections.abc import Callable, Iterable, Mapping

from checks.config.keys import KeyChange, fault, key_changes, shown
from checks.event_log.entry import LoggedChange
from checks.kube import models as k8s
from checks.kube.resources import CONFIG_MAPS
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change, Reflector
from checks.kube.watch.stream import Scope
from checks.results.result import Ref
from stacks.model import names

OWN = frozenset({names.VERIFICATION_CONFIG_MAP, names.DECLARATION_CONFIG_MAP, "kube-root-ca.crt"})
"""ConfigMaps whose changes say nothing to a user."""


class ConfigMapWatcher:
    """Follows the ConfigMaps of namespaces: `changed` gets each valid change and each fault, `verified` the result of
    the last verification."""

    def __init__(
        self,
        namespaces: Iterable[str],
        connector: Connector,
        availability: Availability,
        changed: Callable[[LoggedChange], None],
        verified: Callable[[Mapping[str, str]], None],
    ) -> None:
        self._changed, self._verified = changed, verified
        self.faults = 0
        self.reflectors = [self._reflector(Scope(name), connector, availability) for name in namespaces]

    def _reflector(self, scope: Scope, connector: Connector, availability: Availability) -> Reflector[k8s.ConfigMap]:
        def consume(change: Change[k8s.ConfigMap]) -> None:
            self.consume(change, first=not reflector.stats.synced)

        reflector = Reflector(CONFIG_MAPS, scope, connector, consume, availability=availability)
        return reflector

    def consume(self, change: Change[k8s.ConfigMap], *, first: bool = False) -> None:
        """Take a change of a ConfigMap; of a new one only the faults are told, and not those of the first list."""
        meta = change.object.metadata
        if (meta.namespace, meta.name) == (names.SYSTEM_NAMESPACE, names.VERIFICATION_CONFIG_MAP):
            self._verified({} if change.deleted else change.object.data)
        if meta.name in OWN or first:
            return
        ref = Ref("ConfigMap", meta.name, meta.namespace)
        if change.deleted:
            self._changed(LoggedChange(ref, "ConfigMap", "", "deleted"))
            return
        before = change.before.data if change.before else {}
        for each in key_changes(before, change.object.data):
            self._tell(ref, each, new=change.before is None)

    def _tell(self, ref: Ref, each: KeyChange, *, new: bool) -> None:
        wrong = fault(each.key, each.after) if each.after is not None else ""
        if wrong:
            self.faults += 1
            self._changed(LoggedChange(ref, f"key {each.key}", shown(each.before), wrong, alert=True))
        elif not new:
            self._changed(LoggedChange(ref, f"key {each.key}", shown(each.before), shown(each.after)))
