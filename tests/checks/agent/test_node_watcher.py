"""Conditions of nodes are told when they change; what got worse is an alert."""

from checks.agent.node_watcher import NodeWatcher
from checks.event_log.entry import LoggedChange
from checks.kube.connection import Connection
from checks.kube.watch.availability import Availability
from checks.kube.watch.connector import Connector
from checks.kube.watch.reflector import Change
from tests.checks.agent.objects import node


def test_conditions_are_told_when_they_change() -> None:
    told = list[LoggedChange]()
    connection = Connection("test", "https://api")
    watcher = NodeWatcher(Connector(connection, lambda: connection), Availability(), told.append)
    well, ill = node(Ready="True", DiskPressure="False"), node(Ready="Unknown", DiskPressure="True")
    watcher.consume(Change(well))
    watcher.consume(Change(well, well))
    assert told == []
    watcher.consume(Change(ill, well))
    watcher.consume(Change(well, ill))
    watcher.consume(Change(well, well, deleted=True))
    assert [(change.what, change.before, change.after, change.alert) for change in told] == [
        ("Ready", "True", "Unknown", True),
        ("DiskPressure", "False", "True", True),
        ("Ready", "Unknown", "True", False),
        ("DiskPressure", "True", "False", False),
        ("node", "", "deleted", True),
    ]


def test_a_node_that_is_ill_at_first_sight_is_told() -> None:
    told = list[LoggedChange]()
    connection = Connection("test", "https://api")
    watcher = NodeWatcher(Connector(connection, lambda: connection), Availability(), told.append)
    watcher.consume(Change(node(Ready="False")))
    assert [(change.what, change.after, change.alert) for change in told] == [("Ready", "False", True)]
