"""Secrets: from Pulumi's encrypted settings to the Secret of an MCP server, never in the clear on the way."""

import base64
from collections.abc import Iterator, Mapping

import pulumi
from pulumi.runtime.config import is_config_secret
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from stacks import names
from stacks.server import Server

SECTION = "secrets"
"""The Pulumi config namespace that holds secrets: `pulumi config set --secret secrets:KEY`."""

SecretValues = Mapping[str, pulumi.Output[str]]
"""Environment variable or file name → its secret value."""


def read(servers: Mapping[str, Server]) -> dict[str, SecretValues]:
    """Read every secret that the servers want: server type → its values.

    Raises:
        pulumi.RunError: keys are not set, or set in the clear; a line each.
    """
    config = pulumi.Config(SECTION)
    wanted = {kind: {**server.secret_env, **server.secret_files} for kind, server in servers.items()}
    faults = [fault for kind, keys in wanted.items() for fault in _faults(config, kind, keys)]
    if faults:
        raise pulumi.RunError("\n".join(faults))
    return {kind: {name: config.require_secret(key) for name, key in keys.items()} for kind, keys in wanted.items()}


def _faults(config: pulumi.Config, kind: str, keys: Mapping[str, str]) -> Iterator[str]:
    for name, key in keys.items():
        full = f"{SECTION}:{key}"
        command = f"pulumi config set --secret {full}"
        if config.get_secret(key) is None:
            yield f"{full} is not set, and the MCP server {kind!r} needs it for {name}: run `{command}`"
        elif not is_config_secret(full):
            yield f"{full} of the MCP server {kind!r} is in the stack file in the clear: run `{command}`"


def server_secret(
    kind: str, server: Server, values: SecretValues, labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> Secret:
    """Make the Secret of an MCP server."""
    name = names.server_secret(kind)
    return Secret(
        name,
        metadata=ObjectMetaArgs(name=name, namespace=server.namespace, labels=labels),
        type="Opaque",
        # `data`, not `stringData`: the API server never gives the latter back, so drift in it would not show.
        data={key: value.apply(_base64) for key, value in values.items()},
        opts=opts,
    )


def _base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()
