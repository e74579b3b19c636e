"""The declaration as an object of the cluster, so that a verifier inside needs no checkout."""

from stacks.manifests.manifest import Manifest
from stacks.model import names
from stacks.model.declaration import Declaration


def published(declaration: Declaration) -> Manifest:
    """Return the ConfigMap with the declaration as canonical JSON, and its hash as an annotation; no secret values."""
    return Manifest(
        "v1",
        "ConfigMap",
        names.DECLARATION_CONFIG_MAP,
        names.SYSTEM_NAMESPACE,
        {names.COMPONENT: declaration.namespaces[names.SYSTEM_NAMESPACE].component},
        {names.DECLARATION_HASH: declaration.digest()},
        {"data": {names.DECLARATION_KEY: declaration.canonical()}},
    )
