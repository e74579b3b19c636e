"""Names inside the cluster for hosts outside of it."""

from stacks.model.types import DnsLabel, DnsSubdomain, Model


class Alias(Model):
    """A Service that stands for a host outside the cluster."""

    namespace: DnsLabel
    """A declared namespace."""
    host: DnsSubdomain
    """The host's DNS name."""
