"""Connections from a kubeconfig, which is given as content, as a path or by the environment."""

from __future__ import annotations

import logging
import os
import ssl
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3
import yaml
from kubernetes import client, config
from kubernetes.config import kube_config
from kubernetes.config.kube_config import (
    KUBE_CONFIG_DEFAULT_LOCATION,
    ConfigNode,
    KubeConfigLoader,
    KubeConfigMerger,
)

from provider.api import Api
from provider.errors import ConfigError
from provider.properties import Object, reveal
from provider.settings import MAX_CALLS

if TYPE_CHECKING:
    from provider.settings import Settings

_SERVICE_ACCOUNT_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_MEMORY = Path("/dev/shm")  # noqa: S108 - each file in it is private
"""Where files never reach a disk, on Linux."""
_key_files = threading.Lock()


def connect(settings: Settings, cancelled: threading.Event | None = None) -> tuple[Api, str]:
    """Return a connection and its default namespace; no request is sent yet.

    Raises:
        ConfigError: The kubeconfig cannot be used.
    """
    api = Api(lambda: _log_in(settings), cancelled or threading.Event(), settings.client_timeout)
    return api, settings.namespace or _namespace(settings) or "default"


def _log_in(settings: Settings) -> client.ApiClient:
    configuration = client.Configuration()
    configuration.connection_pool_maxsize = MAX_CALLS
    try:
        if _is_in_cluster(settings):
            config.load_incluster_config(client_configuration=configuration)  # type: ignore[no-untyped-call]
            tls = _tls(configuration)
        else:
            tls = _load(_loader(settings), configuration)
            _require_clean_address(configuration.host)
    except (config.ConfigException, AttributeError, OSError, TypeError, ValueError, yaml.YAMLError) as error:
        # The error that was raised first can quote the token, and a traceback would show it.
        raise ConfigError(f"the kubeconfig cannot be used: {_reason(error)}") from None
    # The TLS context has what was in these files, which may be gone.
    configuration.ssl_ca_cert = configuration.cert_file = configuration.key_file = None
    made = client.ApiClient(configuration)
    if tls:
        made.rest_client.pool_manager.connection_pool_kw["ssl_context"] = tls
    return made


def _tls(configuration: client.Configuration) -> ssl.SSLContext | None:
    """Return what every connection uses, so that the files of the configuration are read once."""
    if not configuration.host.startswith("https"):
        return None
    context = urllib3.util.create_urllib3_context(
        cert_reqs=ssl.CERT_REQUIRED if configuration.verify_ssl else ssl.CERT_NONE
    )
    if configuration.ssl_ca_cert:
        context.load_verify_locations(configuration.ssl_ca_cert)
    else:
        context.load_default_certs()
    if configuration.cert_file:
        context.load_cert_chain(configuration.cert_file, configuration.key_file)
    return context


def _reason(error: Exception) -> str:
    """Return why a kubeconfig cannot be used, without the parts of it that messages quote."""
    if isinstance(error, yaml.YAMLError):
        return "its content is not YAML"
    if isinstance(error, ssl.SSLError):
        return "its certificates or its key are not PEM, or do not belong together"
    text = (str(error) or type(error).__name__).splitlines()[0]
    # The kubernetes package names the field, and then quotes the whole entry that lacks it.
    return text.partition(" in ")[0] if text.startswith("Invalid kube-config file") else text


def _load(loader: KubeConfigLoader, configuration: client.Configuration) -> ssl.SSLContext | None:
    heard = _LastError()
    logging.getLogger().addHandler(heard)
    # The package writes keys to files, since `ssl` reads only files, and would delete them at the end of the process:
    # one that is killed would leave them. One login at a time, since each deletes the files of all.
    with _key_files:
        try:
            loader.load_and_set(configuration)  # type: ignore[no-untyped-call]
            tls = _tls(configuration)
        finally:
            kube_config._cleanup_temp_files()  # type: ignore[no-untyped-call]
            logging.getLogger().removeHandler(heard)
    # If a credential plugin fails, the package only logs the reason and continues without credentials.
    plugin = loader._user and loader._user.safe_get("exec")
    if plugin and not (configuration.api_key or configuration.cert_file):
        raise config.ConfigException(
            f"its credential plugin {plugin['command']} returned neither token nor certificate ({heard.text})"
        )
    return tls


def _require_clean_address(server: str) -> None:
    """Raise ConfigException if the address has a name or a password, which errors and logs would show."""
    if "@" in urlsplit(server).netloc:
        raise config.ConfigException(
            "it has a user name or a password in its server address: remove it there, "
            "and give the user a token or a certificate"
        )


class _LastError(logging.Handler):
    """Keep the last log message instead of printing it."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


def _loader(settings: Settings) -> KubeConfigLoader:
    content, where = _content(settings.kubeconfig), "in it"
    if content is None:
        path = settings.kubeconfig or KUBE_CONFIG_DEFAULT_LOCATION
        node, where = KubeConfigMerger(path).config, f"in {path}"  # type: ignore[no-untyped-call]
        if node is None:
            raise config.ConfigException(f"there is no file at {path}")
    else:
        node = ConfigNode("kubeconfig", content)  # type: ignore[no-untyped-call]
    _require_entries(node, settings.context or node["current-context"], where)
    # Without a base path, relative paths are resolved from the folder of the file that contains them.
    return KubeConfigLoader(  # type: ignore[no-untyped-call]
        node, settings.context, config_base_path=None, temp_file_path=str(_MEMORY) if _MEMORY.is_dir() else None
    )


def _require_entries(node: ConfigNode, context: str, where: str) -> None:
    """Raise ConfigException if the context names a cluster or a user that does not exist.

    Without the user, the package would send anonymous requests.
    """
    chosen = node["contexts"].get_with_name(context)["context"]
    for kind in ("cluster", "user"):
        name = chosen.safe_get(kind)
        entries = node.safe_get(f"{kind}s") or ()  # type: ignore[no-untyped-call]
        known = [str(entry["name"]) for entry in entries]
        if name and str(name) not in known:
            raise config.ConfigException(
                f"its context {context!r} names the {kind} {str(name)!r}, and there is no such {kind} {where}: "
                f"known are {', '.join(known) or 'none'}"
            )


def _namespace(settings: Settings) -> str | None:
    """Return the namespace of the current context."""
    if _is_in_cluster(settings):
        return _SERVICE_ACCOUNT_NAMESPACE.read_text().strip()
    namespace: str | None = _loader(settings).current_context["context"].get("namespace")
    return namespace


def _content(kubeconfig: str | None) -> Object | None:
    """Return the kubeconfig if the setting holds its content, or None if it is a path or not set."""
    if kubeconfig is None or ("\n" not in kubeconfig and "{" not in kubeconfig):
        return None
    try:
        content = yaml.safe_load(kubeconfig)
    except yaml.YAMLError as error:
        # The parser's message quotes the line, which may contain a key.
        raise ConfigError("the kubeconfig cannot be used: its content is not YAML") from error
    if not isinstance(content, dict):
        raise ConfigError("the kubeconfig cannot be used: its content is not a mapping")
    return content


def active_cluster(config: Object) -> Object | None:
    """Return the cluster entry that a provider's configuration selects, or None if the configuration does not tell."""
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


def _is_in_cluster(settings: Settings) -> bool:
    """Return whether the pod's ServiceAccount has to be used because there is no kubeconfig."""
    if settings.kubeconfig is not None or "KUBERNETES_SERVICE_HOST" not in os.environ:
        return False
    places = os.environ.get("KUBECONFIG", "~/.kube/config").split(os.pathsep)
    return not any(place and Path(place).expanduser().exists() for place in places)
