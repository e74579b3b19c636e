"""What the pods of a server or workload read from ConfigMaps and Secrets; they roll when it changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from stacks.manifests.manifest import HIDDEN, Hidden
from stacks.model.declaration import Declaration
from stacks.model.workload import Workload

T = TypeVar("T")
Secret = TypeVar("Secret", covariant=True)
"""The type of secret values: HIDDEN in a declaration, Pulumi outputs in a deployment, plain text in a verification."""


@dataclass(frozen=True)
class Content(Generic[Secret]):
    """What its pods read besides its own ConfigMap."""

    own: Mapping[str, Secret] = field(default_factory=dict)
    """The values of `secretEnv` and `secretFiles`."""
    secrets: Mapping[str, Mapping[str, Secret]] = field(default_factory=dict)
    """Declared Secret → its values; empty where others make the Secret, because its values are not known."""
    config_maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Declared ConfigMap → its data."""

    def plain(self, config: Mapping[str, str]) -> dict[str, str]:
        """Return what is not secret, with its own `config`, for the checksum."""
        return {**config, **_flat(self.config_maps)}

    def values(self) -> dict[str, Secret]:
        """Return what is secret, for the checksum."""
        return {**self.own, **_flat(self.secrets)}


def used(
    declared: Workload, declaration: Declaration, own: Mapping[str, T], secrets: Mapping[str, Mapping[str, T]]
) -> Content[T]:
    """Return what its pods read; `own` are the values of its own Secret, `secrets` of all declared."""
    return Content(
        own=own,
        secrets={use.name: secrets[use.name] for use in declared.secrets},
        config_maps={use.name: declaration.config_maps[use.name].data for use in declared.config_maps},
    )


def hidden(declared: Workload, declaration: Declaration) -> Content[Hidden]:
    """Return what its pods read, with HIDDEN for secret values."""
    own = dict.fromkeys([*declared.secret_env, *declared.secret_files], HIDDEN)
    return used(
        declared,
        declaration,
        own,
        {name: dict.fromkeys(secret.keys, HIDDEN) for name, secret in declaration.secrets.items()},
    )


def has_secrets(declaration: Declaration) -> bool:
    """Check whether the stack deploys secret values."""
    own = any(declared.has_own_secret for declared in declaration.running().values())
    return own or any(secret.keys for secret in declaration.secrets.values())


def _flat(objects: Mapping[str, Mapping[str, T]]) -> dict[str, T]:
    # Keys have no slash, so none of these is equal to a key of the own objects.
    return {f"{name}/{key}": value for name, data in objects.items() for key, value in data.items()}
