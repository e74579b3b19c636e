"""The connection to an API server: address, TLS and credentials, as the kubernetes package loads them."""

import os
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast
from urllib.parse import urlsplit

import yaml

from checks.errors import UncheckedError, UsageError
from checks.kube.credentials import NO_CREDENTIAL, Credential, Means, certificate_expiry, token_expiry
from checks.private_folder import private_folder
from stacks.model.cluster_dns import DOMAIN

if TYPE_CHECKING:
    import httpx2

CONNECT_SECONDS = 5.0
READ_SECONDS = 20.0
"""Timeout for the next bytes of an answer."""
SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where Kubernetes mounts the token of a pod's ServiceAccount and the cluster's CA."""
IN_CLUSTER = "in-cluster"
"""The context's name without a kubeconfig."""


async def _resolve(name: str) -> object:
    import anyio

    return await anyio.getaddrinfo(name, None)


@dataclass(frozen=True)
class Connection:
    """A connection to an API server. `token` returns the value of the Authorization header, renewed when it expired."""

    context: str
    host: str
    tls: ssl.SSLContext | None = None
    token: Callable[[], str | None] = lambda: None
    server_name: str | None = None
    virtual_host: str = ""
    """The host that requests name, if not that of `host`."""
    proxy: str | None = None
    inside: bool = False
    """Whether this is the in-cluster verifier, which reaches Services by name."""
    domain: str = DOMAIN
    """The domain of the cluster's Services."""
    read_only: bool = False
    """Whether nothing may be created in the cluster, not even for some seconds."""
    source: str = ""
    """The kubeconfig, or the folder of the ServiceAccount."""
    reason: str = ""
    """Why this kubeconfig is used."""
    authority: bytes | None = None
    """The certificates of the trusted authorities (PEM); None means those of this machine."""
    credential: Callable[[], Credential] = lambda: NO_CREDENTIAL
    """Return the kind of the credential, and when it expires."""
    talosconfig: Path | None = None
    """The talosconfig for the Talos API of the nodes; None means the default places."""
    resolve: Callable[[str], Awaitable[object]] = _resolve
    """Resolve a name as this machine, or this pod, does; raises OSError if that fails."""
    connect_retries: int = 0
    """How often a connection is tried again that cannot be made, or is closed during its TLS handshake."""

    def client(self) -> "httpx2.AsyncClient":
        """Return an HTTP client whose requests have the credentials and a timeout."""
        import httpx2

        from checks.kube.transport import PROXY

        async def sign(request: httpx2.Request) -> None:
            token = self.token()
            if token:
                request.headers["Authorization"] = token
            if self.virtual_host:
                request.headers["Host"] = self.virtual_host
            if self.server_name:
                request.extensions = {**request.extensions, "sni_hostname": self.server_name}
            if self.proxy:
                request.extensions = {**request.extensions, PROXY: self.proxy}

        # Loading this machine's certificates takes 60 ms, and plain HTTP needs none.
        verify = self.tls or self.host.startswith("https")
        return httpx2.AsyncClient(
            base_url=self.host,
            transport=httpx2.AsyncHTTPTransport(
                verify=verify, proxy=self.proxy, trust_env=False, retries=self.connect_retries
            ),
            # The kubernetes package has read the proxy settings, and a .netrc must not replace the credentials.
            trust_env=False,
            timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            event_hooks={"request": [sign]},
        )


def from_kubeconfig(context: str, kubeconfig: Path | None = None) -> Connection:
    """Return the connection of a context of a kubeconfig, by default `$KUBECONFIG` or `~/.kube/config`.

    Raises:
        UsageError: the kubeconfig cannot be read, or has no such context.
        UncheckedError: the context's credential plugin returned no credential.
    """
    # Imported here because it takes most of a second.
    from kubernetes.config.kube_config import KubeConfigMerger

    place = str(kubeconfig or os.environ.get("KUBECONFIG", "~/.kube/config"))
    with _usable(place):
        merged = KubeConfigMerger(place).config  # type: ignore[no-untyped-call]
        if merged is None:
            raise UsageError(f"no kubeconfig at {place}: choose one with --kubeconfig or KUBECONFIG")
        known = [str(entry["name"]) for entry in merged.value.get("contexts") or []]
        if context not in known:
            raise UsageError(
                f"the kubeconfig {place} has no context {context!r}: it has {', '.join(known) or 'none'}; "
                "choose another with --context or --kubeconfig"
            )
        _require_entries(merged.value, context, place)
    return _loaded(merged, context, place)


def from_document(context: str, document: Mapping[str, object], place: str) -> Connection:
    """Return the connection of a context of a complete kubeconfig; `place` says where it is from.

    Raises:
        UsageError: it cannot be used.
        UncheckedError: the context's credential plugin returned no credential.
    """
    from kubernetes.config.kube_config import ConfigNode

    return _loaded(ConfigNode(place, document), context, place)  # type: ignore[no-untyped-call]


@contextmanager
def _usable(place: str) -> Iterator[None]:
    from kubernetes.config import ConfigException

    try:
        yield
    except (
        ConfigException,
        yaml.YAMLError,
        OSError,
        ValueError,
        LookupError,
        TypeError,
        AttributeError,
    ) as error:
        why = f"the kubeconfig {place} cannot be used: {_reason(error)}: correct it or choose another"
        # The error that was raised first can quote the token, and a traceback would show it.
        raise UsageError(why) from None


def _reason(error: Exception) -> str:
    """Return why a kubeconfig cannot be used, without the parts of it that messages quote."""
    if isinstance(error, yaml.YAMLError):
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        return "it is not valid YAML" + (f" at line {mark.line + 1}" if mark else "")
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    # The kubernetes package names the field, and then quotes the whole entry that lacks it.
    return text.partition(" in ")[0] if text.startswith("Invalid kube-config file") else text


def _loaded(merged: "_Node", context: str, place: str) -> Connection:
    from kubernetes.client import Configuration
    from kubernetes.client.rest import should_bypass_proxies
    from kubernetes.config.kube_config import KubeConfigLoader

    with _usable(place), _files_of_kubernetes() as folder:
        loader = KubeConfigLoader(  # type: ignore[no-untyped-call]
            merged, active_context=context, config_base_path=None, temp_file_path=str(folder)
        )
        configuration = Configuration()
        loader.load_and_set(configuration)  # type: ignore[no-untyped-call]
        tls = _tls(configuration) if configuration.host.startswith("https") else None
        authority = Path(configuration.ssl_ca_cert).read_bytes() if configuration.ssl_ca_cert else None
        certificate = Path(configuration.cert_file).read_bytes() if configuration.cert_file else None
    if "@" in urlsplit(configuration.host).netloc:
        raise UsageError(
            f"the kubeconfig {place} has a user name or a password in its server address: remove it there, "
            "and give the user a token or a certificate"
        )
    plugin = _require_plugin_credential(merged, context, configuration)
    proxy = configuration.proxy
    if proxy and should_bypass_proxies(configuration.host, configuration.no_proxy or ""):
        proxy = None
    if proxy and "://" not in proxy:
        # As kubectl and curl read HOST:PORT.
        proxy = f"http://{proxy}"
    return Connection(
        context=context,
        host=configuration.host,
        tls=tls,
        token=lambda: configuration.get_api_key_with_prefix("BearerToken", alias="authorization"),
        server_name=configuration.tls_server_name,
        proxy=proxy,
        source=place,
        authority=authority,
        credential=lambda: _credential(configuration, certificate, getattr(loader, "expiry", None), plugin=plugin),
    )


@contextmanager
def _files_of_kubernetes() -> Iterator[Path]:
    """Yield a private folder for the keys and certificates of a kubeconfig, since `ssl` reads only files.

    The package would delete them when the process ends well: one that is killed would leave a private key on the disk.
    """
    from kubernetes.config import kube_config

    with private_folder() as folder:
        try:
            yield folder
        finally:
            for content, file in [*kube_config._temp_files.items()]:
                if Path(file).parent == folder:
                    del kube_config._temp_files[content]


def from_service_account(folder: Path = SERVICE_ACCOUNT, environ: Mapping[str, str] = os.environ) -> Connection:
    """Return the connection of this pod's ServiceAccount. The token is read for each request, as it is renewed.

    Raises:
        UsageError: this is not a pod with a token of a ServiceAccount.
    """
    from kubernetes.client import Configuration
    from kubernetes.config import ConfigException
    from kubernetes.config.incluster_config import InClusterConfigLoader

    token, certificate = folder / "token", folder / "ca.crt"
    configuration = Configuration()
    try:
        InClusterConfigLoader(str(token), str(certificate), environ=environ).load_and_set(configuration)  # type: ignore[no-untyped-call]
        tls = _tls(configuration)
    except (ConfigException, OSError) as error:
        raise UsageError(
            f"--in-cluster works only in a pod with a ServiceAccount's token: {str(error).rstrip('.')}; "
            "elsewhere give a STACK"
        ) from error
    return Connection(
        context=IN_CLUSTER,
        host=configuration.host,
        tls=tls,
        token=lambda: f"Bearer {token.read_text(encoding='utf-8').strip()}",
        inside=True,
        source=str(folder),
        authority=certificate.read_bytes(),
        credential=lambda: Credential(Means.SERVICE_ACCOUNT, token_expiry(token.read_text(encoding="utf-8").strip())),
    )


def _tls(configuration: object) -> ssl.SSLContext:
    settings = cast("_Settings", configuration)
    context = ssl.create_default_context(cafile=settings.ssl_ca_cert)
    if not settings.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file)
    return context


class _Settings:
    """The TLS settings and credentials of the kubernetes package's untyped Configuration."""

    ssl_ca_cert: str | None
    verify_ssl: bool
    cert_file: str | None
    key_file: str | None
    api_key: Mapping[str, str]


class _Node(Protocol):
    """A node of a kubeconfig in the kubernetes package, which is untyped."""

    def __getitem__(self, key: str) -> "_Node": ...
    def safe_get(self, key: str) -> object:
        """Return a value, or None."""

    def get_with_name(self, name: object, safe: bool = False) -> "_Node | None":
        """Return a named entry of a list."""


def _require_entries(config: "Mapping[str, Iterable[_Node]]", context: str, place: str) -> None:
    """Raise UsageError if the kubeconfig lacks the cluster or the user of the context.

    Without its user the kubernetes package would connect anonymously.
    """
    entry = next(entry for entry in config["contexts"] if str(entry["name"]) == context)
    for kind in ("cluster", "user"):
        name = entry["context"].safe_get(kind)
        known = [str(entry["name"]) for entry in config[f"{kind}s"]]
        if name and str(name) not in known:
            raise UsageError(
                f"the kubeconfig {place} has no {kind} {str(name)!r}, which its context {context!r} names: "
                f"it has {', '.join(known) or 'none'}; add the {kind}, or choose another context with --context"
            )


def _require_plugin_credential(config: _Node, context: str, loaded: object) -> bool:
    """Return whether the context uses a credential plugin.

    Raises UncheckedError if the plugin failed: the kubernetes package only logs this, and connects anonymously.
    """
    entry = config["contexts"].get_with_name(context)
    name = entry["context"].safe_get("user") if entry else None
    user = config["users"].get_with_name(name, safe=True) if name else None
    plugin = user["user"].safe_get("exec") if user else None
    if isinstance(plugin, dict) and not getattr(loaded, "api_key", None) and not getattr(loaded, "cert_file", None):
        raise UncheckedError(
            f"the credential plugin {str(plugin.get('command'))!r} of context {context!r} returned no credential: "
            "run it by hand to find out why"
        )
    return isinstance(plugin, dict)


def _credential(
    configuration: object, certificate: bytes | None, expiry: datetime | None, *, plugin: bool
) -> Credential:
    settings = cast("_Settings", configuration)
    token = settings.api_key.get("BearerToken") or settings.api_key.get("authorization")
    if plugin:
        return Credential(Means.PLUGIN, expiry)
    if token:
        return Credential(Means.TOKEN, token_expiry(token))
    if certificate is not None:
        return Credential(Means.CERTIFICATE, certificate_expiry(certificate))
    return NO_CREDENTIAL
