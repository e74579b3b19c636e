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
        self.reflectors = [
            Reflector(CONFIG_MAPS, Scope(name), connector, self.consume, availability=availability)
            for name in namespaces
        ]

    def consume(self, change: Change[k8s.ConfigMap]) -> None:
        """Take a change of a ConfigMap."""
        meta = change.object.metadata
        if (meta.namespace, meta.name) == (names.SYSTEM_NAMESPACE, names.VERIFICATION_CONFIG_MAP):
            self._verified({} if change.deleted else change.object.data)
        if meta.name in OWN or (change.before is None and not change.deleted):
            return
        ref = Ref("ConfigMap", meta.name, meta.namespace)
        if change.deleted:
            self._changed(LoggedChange(ref, "ConfigMap", "", "deleted"))
            return
        before = change.before.data if change.before else {}
        for each in key_changes(before, change.object.data):
            self._tell(ref, each)

    def _tell(self, ref: Ref, each: KeyChange) -> None:
        wrong = fault(each.key, each.after) if each.after is not None else ""
        if wrong:
            self.faults += 1
            self._changed(LoggedChange(ref, f"key {each.key}", shown(each.before), wrong, alert=True))
        else:
            self._changed(LoggedChange(ref, f"key {each.key}", shown(each.before), shown(each.after)))
