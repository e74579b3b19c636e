"""ConfigMaps that a stack declares (seed, section 7)."""

from typing import Annotated

from pydantic import AfterValidator, Field

from stacks.model.types import DnsLabel, FileKey, Model

LARGEST_DATA = 2**20
"""Bytes that Kubernetes takes in all values of a ConfigMap together."""


def _small(data: dict[str, str]) -> dict[str, str]:
    size = sum(len(text.encode()) for text in data.values())
    if size > LARGEST_DATA:
        raise ValueError(f"is {size} bytes long, and a ConfigMap takes {LARGEST_DATA}: shorten it, or split it")
    return data


Data = Annotated[dict[FileKey, str], AfterValidator(_small)]
"""What a ConfigMap holds: key → text."""


class ConfigMap(Model):
    """A ConfigMap of one namespace."""

    namespace: DnsLabel
    """A declared namespace."""
    data: Data = Field(min_length=1)
    """Key → text."""
