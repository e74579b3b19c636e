"""Which nodes are lost: they do not answer, although others do."""

from collections.abc import Sequence

from checks.kube.reading import ReadFailure, Reason
from checks.talos.answers import TalosNode

LOST = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT})
"""Failures of a node that is off, rather than of who asks it."""


def lost(nodes: Sequence[TalosNode]) -> tuple[TalosNode, ...]:
    """Return the lost nodes; if no node answers, that says nothing about a single one."""
    if not any(node.known for node in nodes):
        return ()
    return tuple(node for node in nodes if isinstance(node.answers, ReadFailure) and node.answers.reason in LOST)
