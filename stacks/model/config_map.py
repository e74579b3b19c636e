"""ConfigMaps that a stack declares."""

from typing import Annotated

from pydantic import AfterValidator, Field

from stacks.model.types import LEFT_OUT, DnsLabel, DnsSubdomain, FileKey, Model

LARGEST_DATA = 2**20
"""The most bytes that all values of a ConfigMap together may have."""


def _small(data: dict[str, str]) -> dict[str, str]:
    size = sum(len(text.encode()) for text in data.values())
    if size > LARGEST_DATA:
        raise ValueError(f"is {size} bytes long, and a ConfigMap takes {LARGEST_DATA}: shorten it, or split it")
    return data


Data = Annotated[dict[FileKey, str], AfterValidator(_small)]
"""The data of a ConfigMap: key → text."""


class ConfigMap(Model):
    """A ConfigMap of one namespace."""

    namespace: DnsLabel
    """A declared namespace."""
    name: Annotated[DnsSubdomain | None, LEFT_OUT] = None
    """Its name, if that is not its key: objects of two namespaces can have one name."""
    data: Data = Field(min_length=1)
    """Key → text."""

    def called(self, key: str) -> str:
        """Return the name of the ConfigMap that is declared under a key."""
        return self.name or key
