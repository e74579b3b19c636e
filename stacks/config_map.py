"""ConfigMaps that a stack declares (seed, section 7)."""

from pydantic import Field

from stacks.base import DnsLabel, FileKey, Model


class ConfigMap(Model):
    """A ConfigMap of one namespace."""

    namespace: DnsLabel
    """A declared namespace."""
    data: dict[FileKey, str] = Field(min_length=1)
    """Key → text."""
