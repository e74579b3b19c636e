"""Secrets that a stack declares: where each value comes from, never the value."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, model_validator

from stacks.model.rotation import Rotation, days
from stacks.model.types import LEFT_OUT, Count, DnsLabel, DnsSubdomain, FileKey, Model, matching

SecretKey = Annotated[
    str,
    matching(
        r"[A-Za-z][-A-Za-z0-9_.]*",
        "the key of a secret: use letters, digits, '-', '_' and '.', and begin with a letter",
        shown=False,
    ),
]
"""The key of a Pulumi secret: `pulumi config set --secret secrets:KEY`."""


Duration = Annotated[
    str,
    matching(
        r"(?=.*[1-9])([0-9]{1,6}(\.[0-9]{1,3})?(h|m|s|ms))+",
        "a duration: write for instance 30m, 1h or 1h30m",
    ),
]
"""A duration in the syntax of Go, longer than zero."""

REQUIRED_KEYS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "kubernetes.io/basic-auth": (("username", "password"),),
    "kubernetes.io/dockerconfigjson": ((".dockerconfigjson",),),
    "kubernetes.io/ssh-auth": (("ssh-privatekey",),),
    "kubernetes.io/tls": (("tls.crt",), ("tls.key",)),
}
"""Type of a Secret → the keys that Kubernetes requires: at least one of each group."""

OPAQUE: Final = "Opaque"

SecretType = Literal[
    "Opaque",
    "kubernetes.io/basic-auth",
    "kubernetes.io/dockerconfigjson",
    "kubernetes.io/ssh-auth",
    "kubernetes.io/tls",
]

ROTATE_AFTER_DAYS = 90
"""Default age in days from which a Secret should be renewed."""


class Source(Model):
    """The source of a value: exactly one of these."""

    pulumi: SecretKey | None = None
    """A Pulumi secret: `pulumi config set --secret secrets:KEY`."""
    file: str | None = None
    """A file on the machine that deploys, relative to the project, for instance one that a secret manager mounts."""
    literal: str | None = None
    """A value that is not secret but belongs to secret ones, such as a URL. This file and the ConfigMap
    `cortex-declaration` have it as plain text."""

    @model_validator(mode="after")
    def _one(self) -> "Source":
        if sum(value is not None for value in (self.pulumi, self.file, self.literal)) != 1:
            raise ValueError("name exactly one source: pulumi, file or literal")
        return self


class StoreKey(Model):
    """A value in a store."""

    key: str = Field(min_length=1)
    """Its key in the store."""
    property: str | None = Field(None, min_length=1)
    """The part of the value to use, if the store keeps several under one key, such as a field of Vault."""


def _store_key(value: object) -> object:
    return {"key": value} if isinstance(value, str) else value


_StoreKey = Annotated[StoreKey, BeforeValidator(_store_key, json_schema_input_type=str | StoreKey)]


class External(Model):
    """A Secret that the External Secrets operator makes. The cluster must have the custom resource `ExternalSecret`."""

    store: DnsSubdomain
    """Name of the (Cluster)SecretStore."""
    store_kind: Literal["ClusterSecretStore", "SecretStore"] = "ClusterSecretStore"
    """Its kind: for the whole cluster, or for one namespace."""
    refresh: Duration = "1h"
    """How often the operator fetches it again."""
    keys: dict[FileKey, _StoreKey] = Field(min_length=1)
    """Key in the Secret → key in the store, or `key` and `property` there."""


class Secret(Model):
    """A Secret of one namespace: it has `keys`, is `external`, `existing` and made by others, or `generated`."""

    namespace: DnsLabel
    """A declared namespace."""
    name: Annotated[DnsSubdomain | None, LEFT_OUT] = None
    """Its name, if that is not its key: objects of two namespaces can have one name."""
    type: SecretType = OPAQUE
    """Its Kubernetes type; all types except `Opaque` require certain keys."""
    keys: dict[FileKey, Source] = {}
    """Key → where its value comes from."""
    external: External | None = None
    """A store from which the cluster fetches it."""
    existing: tuple[FileKey, ...] = ()
    """The keys that a Secret made by others must have."""
    generated: Annotated[FileKey | None, LEFT_OUT] = None
    """Its only key, whose first value the first deployment generates. Later ones are made by `rotation`, and no
    deployment changes them."""
    rotate_after_days: Count = ROTATE_AFTER_DAYS
    """Age in days from which the checks report that it should be renewed; with `rotation`, its `every` by default."""
    rotation: Annotated[Rotation | None, LEFT_OUT] = None
    """Rotation on a schedule, of a Secret whose value the cluster keeps: `generated`, or `existing`."""

    @model_validator(mode="before")
    @classmethod
    def _reported_when_overdue(cls, settings: object) -> object:
        if not isinstance(settings, Mapping) or not {"rotateAfterDays", "rotate_after_days"}.isdisjoint(settings):
            return settings
        rotation = settings.get("rotation")
        every = rotation.get("every") if isinstance(rotation, Mapping) else None
        found = days(every) if isinstance(every, str) else 0
        return {**settings, "rotateAfterDays": found} if found else settings

    @model_validator(mode="after")
    def _one_kind(self) -> "Secret":
        if sum(map(bool, (self.keys, self.external, self.existing, self.generated))) != 1:
            raise ValueError("give exactly one of keys, external, existing and generated")
        for group in REQUIRED_KEYS.get(self.type, ()):
            if self.names().isdisjoint(group):
                wanted = " or ".join(map(repr, group))
                raise ValueError(f"is of type {self.type}, which requires the key {wanted}: add it, or change the type")
        return self

    @model_validator(mode="after")
    def _one_key_to_rotate(self) -> "Secret":
        if self.rotation is None:
            if self.generated:
                raise ValueError("is generated, and never rotated: declare rotation, for instance {every: 90d}")
            return self
        if self.keys:
            raise ValueError(
                "rotation is for values that the cluster keeps, and a deployment would write these again: declare the "
                "key as generated, or rotate it with `cortex secrets rotate`"
            )
        if self.external:
            raise ValueError("rotation is for values that the cluster keeps, and a store has these: rotate them there")
        keys, key = sorted(self.names()), self.rotation.key
        if key is None and len(keys) > 1:
            raise ValueError(f"has the keys {', '.join(keys)}: choose the one to rotate with rotation.key")
        if key is not None and key not in keys:
            raise ValueError(f"rotation.key: {key!r} is not a key of it: use one of {', '.join(keys)}")
        return self

    def rotated_key(self) -> str:
        """Return the key whose value a rotation replaces: the declared one, or the only one."""
        return (self.rotation and self.rotation.key) or min(self.names())

    def called(self, key: str) -> str:
        """Return the name of the Secret that is declared under a key."""
        return self.name or key

    def names(self) -> frozenset[str]:
        """Return the keys of the Secret."""
        if self.generated:
            return frozenset({self.generated})
        return frozenset(self.keys or self.existing or (self.external.keys if self.external else ()))
