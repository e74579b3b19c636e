"""From a kubeconfig, given as content, path or by the environment, to a connection."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import yaml
from kubernetes import client, config

from provider.api import Api
from provider.errors import ConfigError
from provider.properties import Object, reveal

if TYPE_CHECKING:
    from provider.settings import Settings

CONNECTIONS = 16
_SERVICE_ACCOUNT_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


def connect(settings: Settings) -> tuple[Api, str]:
    """A connection and its default namespace; raises ConfigError for an unusable kubeconfig. Sends nothing."""

    def log_in() -> client.ApiClient:
        configuration = client.Configuration()
        configuration.connection_pool_maxsize = CONNECTIONS
        try:
            _load(settings, configuration)
        except (config.ConfigException, OSError, yaml.YAMLError) as error:
            reason = str(error).splitlines()[0]
            raise ConfigError(f"the kubeconfig cannot be used: {reason}") from error
        return client.ApiClient(configuration)

    api = Api(log_in)
    return api, settings.namespace or _namespace(settings) or "default"


def _load(settings: Settings, configuration: client.Configuration) -> None:
    content = _content(settings.kubeconfig)
    if settings.kubeconfig is None and _only_in_cluster():
        config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
    elif content is None:
        config.load_kube_config(_path(settings), settings.context, configuration, persist_config=False)  # type: ignore[no-untyped-call]
    else:
        config.load_kube_config_from_dict(content, settings.context, configuration, persist_config=False)  # type: ignore[no-untyped-call]


def _namespace(settings: Settings) -> str | None:
    """The namespace of the context in use, of a kubeconfig that was loaded."""
    content = _content(settings.kubeconfig)
    if settings.kubeconfig is None and _only_in_cluster():
        return _SERVICE_ACCOUNT_NAMESPACE.read_text().strip()
    if content is None:
        contexts, active = config.list_kube_config_contexts(_path(settings))  # type: ignore[no-untyped-call]
        current = active["name"]
    else:
        contexts, current = content["contexts"], content.get("current-context")
    chosen = settings.context or current
    return next((c["context"].get("namespace") for c in contexts if c["name"] == chosen), None)


def _path(settings: Settings) -> str | None:
    return settings.kubeconfig and str(Path(settings.kubeconfig).expanduser())


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


def active_cluster(config: Object) -> Object | None:
    """The cluster's entry that a provider's configuration leads to, or None when it cannot be told from it alone."""
    config = reveal(config)
    try:
        content = _content(config.get("kubeconfig"))
        if content is None:
            content = yaml.safe_load(Path(config["kubeconfig"]).expanduser().read_text())
        chosen = config.get("context") or content.get("current-context")
        name = next(c["context"]["cluster"] for c in content["contexts"] if c["name"] == chosen)
        entry: Object = next(c["cluster"] for c in content["clusters"] if c["name"] == name)
    except (ConfigError, KeyError, OSError, StopIteration, TypeError, yaml.YAMLError):
        return None
    return entry


def _only_in_cluster() -> bool:
    if "KUBERNETES_SERVICE_HOST" not in os.environ:
        return False
    places = os.environ.get("KUBECONFIG", "~/.kube/config").split(os.pathsep)
    return not any(place and Path(place).expanduser().exists() for place in places)
