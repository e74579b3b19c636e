"""Who may reach a server."""

from stacks.model.types import DnsLabel, LabelKey, LabelValue, Model


class Client(Model):
    """Pods that may reach the server: those of a namespace, or those of them that have all the labels."""

    namespace: DnsLabel
    """Any namespace of the cluster, declared or not."""
    labels: dict[LabelKey, LabelValue] = {}
    """Labels of its pods; empty means all pods."""
