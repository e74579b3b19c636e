"""The connection of a stored kubeconfig. Its key is in memory only: OpenSSL reads it from a file without a name."""

import os
import ssl
from urllib.request import getproxies, proxy_bypass

from checks.errors import UncheckedError, UsageError
from checks.kube.connection import Connection, from_document
from checks.kubeconfigs.document import Cluster, Kubeconfig, User
from checks.kubeconfigs.held import credential, decoded

HTTPS = "https"


def connection(kubeconfig: Kubeconfig, place: str) -> Connection:
    """Return the connection of a kubeconfig; `place` says where it is from.

    Raises:
        UsageError: its certificate or key cannot be used.
        UncheckedError: its credential plugin returned no credential, or this machine has no files in memory.
    """
    cluster, user = kubeconfig.cluster, kubeconfig.user
    if user.exec is not None:
        # The plugin has the secret. The kubernetes package runs it again when the credential expires.
        return from_document(kubeconfig.context, kubeconfig.document(), place)
    token = None if user.client_certificate_data else user.token
    return Connection(
        context=kubeconfig.context,
        host=cluster.server.rstrip("/"),
        tls=_tls(cluster, user, place) if cluster.server.startswith(HTTPS) else None,
        token=lambda: f"Bearer {token}" if token else None,
        server_name=cluster.tls_server_name,
        proxy=_proxy(cluster),
        source=place,
        authority=decoded(cluster.certificate_authority_data),
        credential=lambda: credential(user),
    )


def _tls(cluster: Cluster, user: User, place: str) -> ssl.SSLContext:
    authority = decoded(cluster.certificate_authority_data)
    try:
        context = ssl.create_default_context(cadata=authority.decode() if authority else None)
        if cluster.insecure_skip_tls_verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        certificate, key = decoded(user.client_certificate_data), decoded(user.client_key_data)
        if certificate and key:
            _load_pair(context, certificate + b"\n" + key)
    except (ssl.SSLError, ValueError) as error:
        raise UsageError(f"the certificates of {place} cannot be used: import the kubeconfig again") from error
    return context


def _load_pair(context: ssl.SSLContext, pair: bytes) -> None:
    if not hasattr(os, "memfd_create"):
        raise UncheckedError("a stored client certificate needs files in memory, which only Linux has: use a token")
    handle = os.memfd_create("cortex")
    try:
        os.write(handle, pair)
        context.load_cert_chain(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


def _proxy(cluster: Cluster) -> str | None:
    """Return the proxy of the kubeconfig, or else that of the environment, as kubectl does."""
    if cluster.proxy_url:
        return cluster.proxy_url
    scheme, _, rest = cluster.server.partition("://")
    proxy = getproxies().get(scheme)
    if not proxy or proxy_bypass(rest.partition("/")[0]):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
