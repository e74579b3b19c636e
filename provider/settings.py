"""The provider's settings: from its resource or the stack's `kubernetes:` configuration, and the environment."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provider.properties import has_unknown, reveal

if TYPE_CHECKING:
    from provider.properties import Object

# Keys that would change what happens to objects: refusing beats ignoring.
_REFUSED = ("alwaysRender", "cluster", "renderYamlToDirectory")
_NO = (None, "", "false", False)


@dataclass(frozen=True)
class Settings:
    """What one provider was told; the defaults are the official plugin's."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None
    server_side: bool = True
    patch_force: bool = False
    upsert: bool = False
    secret_mutable: bool = False
    config_map_mutable: bool = False
    delete_unreachable: bool = False
    skip_update_unreachable: bool = False
    suppress_deprecation_warnings: bool = False


def problems(config: Object) -> dict[str, str]:
    """Per key, why a configuration cannot be honoured; empty when it can."""
    config = reveal(config)
    return {
        key: f"the air-gapped kubernetes plugin does not support `{key}`: unset it, or install the official plugin"
        for key in _REFUSED
        if config.get(key) not in _NO
    }


def parse(config: Object) -> Settings | None:
    """The settings in `config`, or None while a preview does not know them yet."""
    config = reveal(config)
    if has_unknown(config):
        return None

    def flag(key: str, variable: str, default: str = "false") -> bool:
        given = config[key] if key in config else os.environ.get(f"PULUMI_K8S_{variable}", default)
        return str(given).lower() == "true"

    return Settings(
        kubeconfig=config.get("kubeconfig") or None,
        context=config.get("context") or None,
        namespace=config.get("namespace") or None,
        server_side=flag("enableServerSideApply", "ENABLE_SERVER_SIDE_APPLY", "true"),
        patch_force=flag("enablePatchForce", "ENABLE_PATCH_FORCE"),
        upsert=flag("upsertExistingObjects", "UPSERT_EXISTING_OBJECTS"),
        secret_mutable=flag("enableSecretMutable", "ENABLE_SECRET_MUTABLE"),
        config_map_mutable=flag("enableConfigMapMutable", "ENABLE_CONFIGMAP_MUTABLE"),
        delete_unreachable=flag("deleteUnreachable", "DELETE_UNREACHABLE"),
        skip_update_unreachable=flag("skipUpdateUnreachable", "SKIP_UPDATE_UNREACHABLE"),
        suppress_deprecation_warnings=flag("suppressDeprecationWarnings", "SUPPRESS_DEPRECATION_WARNINGS"),
    )
