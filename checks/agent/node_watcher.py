"""Follow the conditions of nodes."""

from collections.abc import Callable

from checks.event_log.entry import LoggedChange
from checks.kube import models as k8s
from checks.kube.resources import NODES
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change, Reflector
from checks.kube.watch.stream import Scope
from checks.results.result import Ref

READY = "Ready"


class NodeWatcher:
    """Follows all nodes; `changed` gets each change of a condition, an alert if it got worse."""

    def __init__(
        self, connector: Connector, availability: Availability, changed: Callable[[LoggedChange], None]
    ) -> None:
        self._changed = changed
        self.reflectors = [Reflector(NODES, Scope(), connector, self.consume, availability=availability)]

    def consume(self, change: Change[k8s.Node]) -> None:
        """Take a change of a node."""
        ref = Ref("Node", change.object.metadata.name)
        if change.deleted:
            self._changed(LoggedChange(ref, "node", "", "deleted", alert=True))
            return
        before = {each.type: each.status for each in change.before.status.conditions} if change.before else {}
        for condition in change.object.status.conditions:
            old = before.get(condition.type, _good(condition.type))
            if condition.status != old:
                worse = condition.status != _good(condition.type)
                self._changed(LoggedChange(ref, condition.type, old, condition.status, alert=worse))


def _good(condition: str) -> str:
    """Return the status of a condition of a healthy node: only `Ready` is true."""
    return "True" if condition == READY else "False"
