"""Secrets that a stack declares: where each value comes from, never the value (seed, section 6)."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from stacks.base import Count, DnsLabel, DnsSubdomain, FileKey, Model, matching

SecretKey = Annotated[
    str,
    matching(
        r"[A-Za-z][-A-Za-z0-9_.]*",
        "secret's key: use letters, digits, '-', '_' and '.', and begin with a letter",
    ),
]
"""The key of a Pulumi secret: `pulumi config set --secret secrets:KEY`."""


ROTATE_AFTER_DAYS = 90
"""Age from which a Secret should be renewed where nothing else is declared (seed, section 11.1: quarterly)."""


class Source(Model):
    """Where one value comes from: exactly one of these."""

    pulumi: SecretKey | None = None
    """A Pulumi secret: `pulumi config set --secret secrets:KEY`."""
    file: str | None = None
    """A file on the machine that deploys, relative to the project; for what a secret manager mounts there."""
    literal: str | None = None
    """A value that is not secret but belongs beside ones that are, such as a URL."""

    @model_validator(mode="after")
    def _one(self) -> "Source":
        if sum(value is not None for value in (self.pulumi, self.file, self.literal)) != 1:
            raise ValueError("name exactly one source: pulumi, file or literal")
        return self


class External(Model):
    """A Secret that the External Secrets operator keeps; needs the custom resource `ExternalSecret` on the cluster."""

    store: DnsSubdomain
    """Name of the (Cluster)SecretStore."""
    store_kind: Literal["ClusterSecretStore", "SecretStore"] = "ClusterSecretStore"
    """Its kind: one for the whole cluster, or one of the namespace."""
    refresh: Annotated[str, matching(r"[1-9][0-9]*[smh]", "duration: write for instance 30m or 1h")] = "1h"
    """How often it is fetched again."""
    keys: dict[FileKey, str] = Field(min_length=1)
    """Key in the Secret → key in the store."""


class Secret(Model):
    """A Secret of one namespace. It has `keys`, or is `external`, or `existing`: made by others, and only used."""

    namespace: DnsLabel
    """A declared namespace."""
    keys: dict[FileKey, Source] = {}
    """Key → where its value comes from."""
    external: External | None = None
    """Another store keeps it, and the cluster fetches it from there."""
    existing: tuple[FileKey, ...] = ()
    """The keys that a Secret made by others must have."""
    rotate_after_days: Count = ROTATE_AFTER_DAYS
    """Age from which the checks want it renewed (seed, section 11.1: quarterly)."""

    @model_validator(mode="after")
    def _one_kind(self) -> "Secret":
        if sum(map(bool, (self.keys, self.external, self.existing))) != 1:
            raise ValueError("give exactly one of keys, external and existing")
        return self

    def names(self) -> frozenset[str]:
        """Give the keys that the Secret has."""
        return frozenset(self.keys or self.existing or (self.external.keys if self.external else ()))
