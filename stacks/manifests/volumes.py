"""The variables and files of an MCP server's container, from ConfigMaps and Secrets."""

import itertools
from collections.abc import Iterator

from stacks.manifests.manifest import Value, given
from stacks.manifests.pods import read_only
from stacks.model import names
from stacks.model.server import Server

Mounted = tuple[dict[str, Value], dict[str, Value]]
"""A volume, and its mount."""

# Everybody may read files of a ConfigMap; only the container's group may read those of a Secret.
_CONFIG_MODE = 0o444
_SECRET_MODE = 0o440


def variables(kind: str, server: Server) -> list[Value]:
    """Return the container's variables: plain ones, those of the server's own Secret, those of declared Secrets."""
    own = names.server_secret(kind)
    return [
        *({"name": name, "value": value} for name, value in server.env.items()),
        *(_secret_variable(name, own, name) for name in server.secret_env),
        *(_secret_variable(name, use.name, key) for use in server.secrets for name, key in use.env.items()),
    ]


def _secret_variable(name: str, secret: str, key: str) -> Value:
    return {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def variable_sources(server: Server) -> list[Value]:
    """Return the ConfigMaps whose keys all become variables."""
    return [{"configMapRef": {"name": use.name}} for use in server.config_maps if use.env_from]


def mounted(kind: str, server: Server) -> list[Mounted]:
    """Return each volume with its mount: a writable /tmp, the server's own files, those of declared objects."""
    return list(itertools.chain([writable_tmp()], _own(kind, server), _declared(server)))


def writable_tmp() -> Mounted:
    """Return the volume in which a container with a read-only root can write."""
    return {"name": "tmp", "emptyDir": {}}, {"name": "tmp", "mountPath": "/tmp"}  # noqa: S108


def _own(kind: str, server: Server) -> Iterator[Mounted]:
    if server.config:
        yield _config_map("config", names.server_config(kind), names.CONFIG_MOUNT)
    if server.secret_files:
        # Only the files: the same Secret also has the keys of `secretEnv`.
        items: Value = [{"key": name, "path": name} for name in server.secret_files]
        yield _secret("secrets", names.server_secret(kind), names.SECRETS_MOUNT, items)


def _declared(server: Server) -> Iterator[Mounted]:
    for config_map in server.config_maps:
        if config_map.mount is not None:
            yield _config_map(names.volume("config", config_map.name), config_map.name, config_map.mount)
    for secret in server.secrets:
        if secret.mount is not None:
            yield _secret(names.volume("secret", secret.name), secret.name, secret.mount)


def _config_map(volume: str, name: str, path: str) -> Mounted:
    return {"name": volume, "configMap": {"name": name, "defaultMode": _CONFIG_MODE}}, read_only(volume, path)


def _secret(volume: str, name: str, path: str, items: Value = None) -> Mounted:
    source = given({"secretName": name, "defaultMode": _SECRET_MODE, "items": items})
    return {"name": volume, "secret": source}, read_only(volume, path)
