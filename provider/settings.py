"""The provider's settings, from its resource or the stack's `kubernetes:` configuration, and the environment."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from provider.properties import has_unknown, reveal

if TYPE_CHECKING:
    from provider.properties import Object

# A call that waits for an object occupies a thread, and Check, Diff and Cancel must still be served beside all the
# operations that the engine runs in parallel. Threads and connections are created only when needed.
MAX_CALLS = 64
"""How many calls are served at the same time, and how many connections are kept for them."""
# Keys that change what happens to objects. To ignore them would do something else than the user asked for.
_REFUSED = ("alwaysRender", "cluster", "renderYamlToDirectory")
_NO = (None, "", "false", False)
_CLIENT = "kubeClientSettings"


@dataclass(frozen=True)
class Settings:
    """The settings of one provider; the defaults are those of the official plugin."""

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
    client_timeout: float = 0
    """How many seconds an answer may take; 0 means the default."""


# For each boolean field: its key, and its environment variable without the prefix PULUMI_K8S_.
_SWITCHES = {
    "server_side": ("enableServerSideApply", "ENABLE_SERVER_SIDE_APPLY"),
    "patch_force": ("enablePatchForce", "ENABLE_PATCH_FORCE"),
    "upsert": ("upsertExistingObjects", "UPSERT_EXISTING_OBJECTS"),
    "secret_mutable": ("enableSecretMutable", "ENABLE_SECRET_MUTABLE"),
    "config_map_mutable": ("enableConfigMapMutable", "ENABLE_CONFIGMAP_MUTABLE"),
    "delete_unreachable": ("deleteUnreachable", "DELETE_UNREACHABLE"),
    "skip_update_unreachable": ("skipUpdateUnreachable", "SKIP_UPDATE_UNREACHABLE"),
    "suppress_deprecation_warnings": ("suppressDeprecationWarnings", "SUPPRESS_DEPRECATION_WARNINGS"),
}


def problems(config: Object) -> dict[str, str]:
    """Return for each key that is not supported or invalid, why; empty if the configuration is valid."""
    config = reveal(config)
    found = {
        key: f"the air-gapped kubernetes plugin does not support `{key}`: unset it, or install the official plugin"
        for key in _REFUSED
        if config.get(key) not in _NO
    }
    try:
        _client_timeout(config)
    except (AttributeError, TypeError, ValueError):
        found[_CLIENT] = f"`{_CLIENT}` must be a mapping whose `timeout` is a number of seconds"
    return found


def parse(config: Object) -> Settings | None:
    """Return the settings in `config`, or None if a preview does not know them yet."""
    config = reveal(config)
    if has_unknown(config):
        return None
    given: Object = {key: config.get(key) or None for key in ("kubeconfig", "context", "namespace")}
    for field, (key, variable) in _SWITCHES.items():
        default = os.environ.get(f"PULUMI_K8S_{variable}", getattr(Settings, field))
        given[field] = str(config.get(key, default)).lower() == "true"
    return Settings(**given, client_timeout=_client_timeout(config))


def _client_timeout(config: Object) -> float:
    given = config.get(_CLIENT) or {}
    if has_unknown(given):
        return 0
    given = json.loads(given) if isinstance(given, str) else given
    return float(given.get("timeout") or os.environ.get("PULUMI_K8S_CLIENT_TIMEOUT") or 0)
