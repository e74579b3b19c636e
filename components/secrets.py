"""Secrets as objects of the cluster: an MCP server's own, and those that the stack declares (seed, section 6)."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.core.v1 import Secret
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.secret_values import SecretValues
from stacks import names
from stacks import secret as model
from stacks.server import Server


@dataclass(frozen=True)
class DeclaredSecretSettings:
    """A Secret as declared, with its values and the label `cortex.dev/component` of its namespace."""

    secret: model.Secret
    values: SecretValues
    component: str


class DeclaredSecret(pulumi.ComponentResource):
    """A Secret, or the ExternalSecret from which an operator makes it; nothing where it exists already.

    `name` is the Secret's name.
    """

    def __init__(self, name: str, settings: DeclaredSecretSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Secret", name, None, opts)
        secret = settings.secret
        labels = {names.COMPONENT: settings.component}
        metadata = ObjectMetaArgs(name=name, namespace=secret.namespace, labels=labels)
        child = pulumi.ResourceOptions(parent=self)
        if secret.keys:
            _opaque(name, metadata, settings.values, child)
        elif secret.external:
            _external(name, metadata, secret.external, child)
        self.register_outputs({})


def server_secret(
    kind: str, server: Server, values: SecretValues, labels: Mapping[str, str], opts: pulumi.ResourceOptions
) -> Secret:
    """Make the Secret of an MCP server."""
    name = names.server_secret(kind)
    return _opaque(name, ObjectMetaArgs(name=name, namespace=server.namespace, labels=labels), values, opts)


def _opaque(name: str, metadata: ObjectMetaArgs, values: SecretValues, opts: pulumi.ResourceOptions) -> Secret:
    return Secret(
        name,
        metadata=metadata,
        type="Opaque",
        # `data`, not `stringData`: the API server never gives the latter back, so drift in it would not show.
        data={key: value.apply(_base64) for key, value in values.items()},
        opts=opts,
    )


def _base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def _external(
    name: str, metadata: ObjectMetaArgs, external: model.External, opts: pulumi.ResourceOptions
) -> CustomResource:
    return CustomResource(
        name,
        api_version="external-secrets.io/v1",
        kind="ExternalSecret",
        metadata=metadata,
        spec={
            "refreshInterval": external.refresh,
            "secretStoreRef": {"name": external.store, "kind": external.store_kind},
            "target": {"name": name, "creationPolicy": "Owner"},
            "data": [{"secretKey": key, "remoteRef": {"key": remote}} for key, remote in external.keys.items()],
        },
        opts=opts,
    )
