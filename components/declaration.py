"""The declaration as an object of the cluster, so that a verifier inside needs no checkout."""

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from stacks import names
from stacks.model import Declaration


class PublishedDeclaration(pulumi.ComponentResource):
    """A ConfigMap with the declaration as canonical JSON, and its hash as an annotation; no secret values.

    Let it depend on everything else: its hash says that all of it was deployed.
    """

    def __init__(self, name: str, settings: Declaration, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Declaration", name, None, opts)
        ConfigMap(
            names.DECLARATION_CONFIG_MAP,
            metadata=ObjectMetaArgs(
                name=names.DECLARATION_CONFIG_MAP,
                namespace=names.SYSTEM_NAMESPACE,
                labels={names.COMPONENT: settings.namespaces[names.SYSTEM_NAMESPACE].component},
                annotations={names.DECLARATION_HASH: settings.digest()},
            ),
            data={names.DECLARATION_KEY: settings.canonical()},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
