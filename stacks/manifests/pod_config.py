"""What a server's pods read: when it changes, they roll."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from stacks.manifests.manifest import HIDDEN, Hidden
from stacks.model.declaration import Declaration
from stacks.model.server import Server

T = TypeVar("T")
Secret = TypeVar("Secret", covariant=True)
"""How values of secrets are known: hidden in a declaration, Pulumi's outputs in a deployment, or in the clear."""


@dataclass(frozen=True)
class Content(Generic[Secret]):
    """What a server's pods read besides its own ConfigMap."""

    own: Mapping[str, Secret] = field(default_factory=dict)
    """The values of `secretEnv` and `secretFiles`."""
    secrets: Mapping[str, Mapping[str, Secret]] = field(default_factory=dict)
    """Declared Secret → its values; without those that others make, for their values are not known here."""
    config_maps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Declared ConfigMap → its data."""

    def plain(self, config: Mapping[str, str]) -> dict[str, str]:
        """Give what is not secret, as the checksum has it, with the server's own `config`."""
        return {**config, **_flat(self.config_maps)}

    def values(self) -> dict[str, Secret]:
        """Give what is secret, as the checksum has it."""
        return {**self.own, **_flat(self.secrets)}


def used(
    server: Server, declaration: Declaration, own: Mapping[str, T], secrets: Mapping[str, Mapping[str, T]]
) -> Content[T]:
    """Give what the pods of a server read, of all `secrets` of the stack the ones that it uses."""
    return Content(
        own=own,
        secrets={use.name: secrets[use.name] for use in server.secrets},
        config_maps={use.name: declaration.config_maps[use.name].data for use in server.config_maps},
    )


def hidden(server: Server, declaration: Declaration) -> Content[Hidden]:
    """Give what the pods of a server read as far as the declaration knows it."""
    own = dict.fromkeys([*server.secret_env, *server.secret_files], HIDDEN)
    return used(
        server,
        declaration,
        own,
        {name: dict.fromkeys(secret.keys, HIDDEN) for name, secret in declaration.secrets.items()},
    )


def has_secrets(declaration: Declaration) -> bool:
    """Tell whether the stack deploys values of secrets."""
    own = any(server.secret_env or server.secret_files for server in declaration.servers.values())
    return own or any(secret.keys for secret in declaration.secrets.values())


def _flat(objects: Mapping[str, Mapping[str, T]]) -> dict[str, T]:
    # No key of a ConfigMap or Secret has a slash, so that none of these equals one of the server's own.
    return {f"{name}/{key}": value for name, data in objects.items() for key, value in data.items()}
