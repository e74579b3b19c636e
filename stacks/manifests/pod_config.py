"""What the pods of an MCP server read from ConfigMaps and Secrets; they roll when it changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from stacks.manifests.manifest import HIDDEN, Hidden
from stacks.model.declaration import Declaration
from stacks.model.server import Server

T = TypeVar("T")
Secret = TypeVar("Secret", covariant=True)
"""The type of secret values: HIDDEN in a declaration, Pulumi outputs in a deployment, plain text in a verification."""


@dataclass(frozen=True)
class Content(Generic[Secret]):
    """What a server's pods read besides its own ConfigMap."""

    own: Mapping[str, Secret] = field(default_factory=dict)
    """The values of `secretEnv` and `secretFiles`."""
    secrets: Mapping[str, Mapping[str, Secret]] = field(default_factory=dict)
    """Declared Secret → its values; empty where others make the Secret, because its values are not known."""
    config_maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Declared ConfigMap → its data."""

    def plain(self, config: Mapping[str, str]) -> dict[str, str]:
        """Return what is not secret, with the server's own `config`, for the checksum."""
        return {**config, **_flat(self.config_maps)}

    def values(self) -> dict[str, Secret]:
        """Return what is secret, for the checksum."""
        return {**self.own, **_flat(self.secrets)}


def used(
    server: Server, declaration: Declaration, own: Mapping[str, T], secrets: Mapping[str, Mapping[str, T]]
) -> Content[T]:
    """Return what the pods of a server read; `own` are the values of its own Secret, `secrets` of all declared."""
    return Content(
        own=own,
        secrets={use.name: secrets[use.name] for use in server.secrets},
        config_maps={use.name: declaration.config_maps[use.name].data for use in server.config_maps},
    )


def hidden(server: Server, declaration: Declaration) -> Content[Hidden]:
    """Return what the pods of a server read, with HIDDEN for secret values."""
    own = dict.fromkeys([*server.secret_env, *server.secret_files], HIDDEN)
    return used(
        server,
        declaration,
        own,
        {name: dict.fromkeys(secret.keys, HIDDEN) for name, secret in declaration.secrets.items()},
    )


def has_secrets(declaration: Declaration) -> bool:
    """Check whether the stack deploys secret values."""
    own = any(server.secret_env or server.secret_files for server in declaration.servers.values())
    return own or any(secret.keys for secret in declaration.secrets.values())


def _flat(objects: Mapping[str, Mapping[str, T]]) -> dict[str, T]:
    # Keys have no slash, so none of these is equal to a key of the server's own objects.
    return {f"{name}/{key}": value for name, data in objects.items() for key, value in data.items()}
