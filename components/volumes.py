"""What an MCP server's container reads: its variables and files, from ConfigMaps and Secrets."""

import itertools
from collections.abc import Iterator

from pulumi_kubernetes.core.v1 import (
    ConfigMapEnvSourceArgs,
    ConfigMapVolumeSourceArgs,
    EmptyDirVolumeSourceArgs,
    EnvFromSourceArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    KeyToPathArgs,
    SecretKeySelectorArgs,
    SecretVolumeSourceArgs,
    VolumeArgs,
    VolumeMountArgs,
)

from components.pods import read_only
from stacks import names
from stacks.server import Server

Mounted = tuple[VolumeArgs, VolumeMountArgs]

# Read by all, for nothing in a ConfigMap is secret; a Secret's files by the container's group alone.
_CONFIG_MODE = 0o444
_SECRET_MODE = 0o440


def variables(kind: str, server: Server) -> list[EnvVarArgs]:
    """Give the container's variables: in the clear, of the server's own Secret, of declared Secrets."""
    own = names.server_secret(kind)
    return [
        *(EnvVarArgs(name=name, value=value) for name, value in server.env.items()),
        *(_secret_variable(name, own, name) for name in server.secret_env),
        *(_secret_variable(name, use.name, key) for use in server.secrets for name, key in use.env.items()),
    ]


def _secret_variable(name: str, secret: str, key: str) -> EnvVarArgs:
    reference = SecretKeySelectorArgs(name=secret, key=key)
    return EnvVarArgs(name=name, value_from=EnvVarSourceArgs(secret_key_ref=reference))


def variable_sources(server: Server) -> list[EnvFromSourceArgs]:
    """Give the ConfigMaps of which every key becomes a variable."""
    return [
        EnvFromSourceArgs(config_map_ref=ConfigMapEnvSourceArgs(name=use.name))
        for use in server.config_maps
        if use.env_from
    ]


def mounted(kind: str, server: Server) -> list[Mounted]:
    """Give each volume with its mount: a writable /tmp, the server's own files, those of declared objects."""
    tmp = VolumeArgs(name="tmp", empty_dir=EmptyDirVolumeSourceArgs())
    writable = (tmp, VolumeMountArgs(name="tmp", mount_path="/tmp"))  # noqa: S108
    return list(itertools.chain([writable], _own(kind, server), _declared(server)))


def _own(kind: str, server: Server) -> Iterator[Mounted]:
    if server.config:
        yield _config_map("config", names.server_config(kind), names.CONFIG_MOUNT)
    if server.secret_files:
        # Only the files: the same Secret has the keys of `secretEnv`.
        items = [KeyToPathArgs(key=name, path=name) for name in server.secret_files]
        yield _secret("secrets", names.server_secret(kind), names.SECRETS_MOUNT, items)


def _declared(server: Server) -> Iterator[Mounted]:
    for config_map in server.config_maps:
        if config_map.mount is not None:
            yield _config_map(names.volume("config", config_map.name), config_map.name, config_map.mount)
    for secret in server.secrets:
        if secret.mount is not None:
            yield _secret(names.volume("secret", secret.name), secret.name, secret.mount)


def _config_map(volume: str, name: str, path: str) -> Mounted:
    source = ConfigMapVolumeSourceArgs(name=name, default_mode=_CONFIG_MODE)
    return VolumeArgs(name=volume, config_map=source), read_only(volume, path)


def _secret(volume: str, name: str, path: str, items: list[KeyToPathArgs] | None = None) -> Mounted:
    source = SecretVolumeSourceArgs(secret_name=name, default_mode=_SECRET_MODE, items=items)
    return VolumeArgs(name=volume, secret=source), read_only(volume, path)
