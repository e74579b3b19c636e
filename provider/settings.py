"""The provider's settings, and the connection that they describe."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import yaml

from provider.api import Api
from provider.errors import ConfigError
from provider.properties import Object, has_unknown, reveal

CONNECTIONS = 16
_SERVICE_ACCOUNT_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

# Keys that would change what happens to objects: refusing beats ignoring.
_REFUSED = (
    "cluster",
    "deleteUnreachable",
    "enablePatchForce",
    "renderYamlToDirectory",
    "skipUpdateUnreachable",
    "upsertExistingObjects",
)


@dataclass(frozen=True)
class Settings:
    """What the `kubernetes:` configuration or a Provider resource says."""

    kubeconfig: str | None = None
    context: str | None = None
    namespace: str | None = None
    secret_mutable: bool = False
    config_map_mutable: bool = False


def problems(config: Object) -> dict[str, str]:
    """Per key, why a configuration cannot be honoured; empty when it can."""
    config = reveal(config)
    found = {
        key: f"the air-gapped kubernetes plugin does not support `{key}`: unset it, or install the official plugin"
        for key in _REFUSED
        if config.get(key) not in (None, "", "false", False)
    }
    if config.get("enableServerSideApply") in ("false", False):
        found["enableServerSideApply"] = (
            "the air-gapped kubernetes plugin always applies on the server: unset `enableServerSideApply`"
        )
    return found


def parse(config: Object) -> Settings | None:
    """The settings in `config`, or None while a preview does not know them yet."""
    config = reveal(config)
    if has_unknown(config):
        return None
    return Settings(
        kubeconfig=config.get("kubeconfig") or None,
        context=config.get("context") or None,
        namespace=config.get("namespace") or None,
        secret_mutable=_flag(config, "enableSecretMutable", "PULUMI_K8S_ENABLE_SECRET_MUTABLE"),
        config_map_mutable=_flag(config, "enableConfigMapMutable", "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE"),
    )


def _flag(config: Object, key: str, variable: str) -> bool:
    return str(config.get(key, os.environ.get(variable, ""))).lower() in ("true", "1")


def connect(settings: Settings) -> tuple[Api, str]:
    """A connection and its default namespace; raises ConfigError for an unusable kubeconfig. Sends nothing."""
    # Importing the package takes most of a second: after the port is announced, not before.
    from kubernetes import client, config

    configuration = client.Configuration()
    configuration.connection_pool_maxsize = CONNECTIONS
    try:
        namespace = _load(settings, configuration)
    except (config.ConfigException, OSError, yaml.YAMLError) as error:
        reason = str(error).splitlines()[0]
        raise ConfigError(f"the kubeconfig cannot be used: {reason}") from error
    return Api(client.ApiClient(configuration)), settings.namespace or namespace or "default"


def _load(settings: Settings, configuration: object) -> str | None:
    """Fills `configuration`; returns the namespace of the context in use."""
    from kubernetes import config

    if settings.kubeconfig is None and _only_in_cluster():
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
        return _SERVICE_ACCOUNT_NAMESPACE.read_text().strip()
    content = _content(settings.kubeconfig)
    if content is None:
        path = settings.kubeconfig and str(Path(settings.kubeconfig).expanduser())
        config.load_kube_config(path, settings.context, configuration, persist_config=False)  # type: ignore[no-untyped-call]
        contexts, active = config.list_kube_config_contexts(path)  # type: ignore[no-untyped-call]
        current = active["name"]
    else:
        config.load_kube_config_from_dict(content, settings.context, configuration, persist_config=False)  # type: ignore[no-untyped-call]
        contexts, current = content["contexts"], content.get("current-context")
    chosen = settings.context or current
    return next((c["context"].get("namespace") for c in contexts if c["name"] == chosen), None)


def _content(kubeconfig: str | None) -> Object | None:
    """The kubeconfig itself when the setting holds one; None when it is a path or not given."""
    if kubeconfig is None or ("\n" not in kubeconfig and "{" not in kubeconfig):
        return None
    try:
        content = yaml.safe_load(kubeconfig)
    except yaml.YAMLError as error:
        # The parser quotes the line that it failed on, which may be a key.
        raise ConfigError("the kubeconfig cannot be used: its content is no YAML") from error
    if not isinstance(content, dict):
        raise ConfigError("the kubeconfig cannot be used: its content is no mapping")
    return content


def _only_in_cluster() -> bool:
    if "KUBERNETES_SERVICE_HOST" not in os.environ:
        return False
    places = os.environ.get("KUBECONFIG", "~/.kube/config").split(os.pathsep)
    return not any(place and Path(place).expanduser().exists() for place in places)
