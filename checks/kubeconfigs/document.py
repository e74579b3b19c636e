"""A kubeconfig of one context, with everything in it that the connection needs: the form in which it is stored."""

from typing import TypeVar

import msgspec

from checks.errors import UsageError
from stacks.model.yaml_text import parse_yaml, yaml_of

_MARK = "# recipient: "
"""Begins the lines with the public keys that a stored kubeconfig is encrypted to; they are encrypted with it."""


class _Entry(msgspec.Struct, frozen=True, rename="kebab", forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """An entry of a kubeconfig. Fields that are not known could change who connects, or to what."""

    extensions: object = None


class Cluster(_Entry, frozen=True):
    """An API server."""

    server: str
    certificate_authority: str | None = None
    certificate_authority_data: str | None = None
    insecure_skip_tls_verify: bool = False
    tls_server_name: str | None = None
    proxy_url: str | None = None
    disable_compression: bool = False


class Variable(msgspec.Struct, frozen=True):
    """An environment variable of a credential plugin."""

    name: str
    value: str


class Plugin(msgspec.Struct, frozen=True, rename="camel", forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """A credential plugin: a program that gives the credential."""

    api_version: str
    command: str
    args: tuple[str, ...] | None = None
    env: tuple[Variable, ...] | None = None
    install_hint: str | None = None
    interactive_mode: str | None = None
    provide_cluster_info: bool = False


class User(_Entry, frozen=True):
    """A credential, which is secret."""

    client_certificate: str | None = None
    client_certificate_data: str | None = None
    client_key: str | None = None
    client_key_data: str | None = None
    token: str | None = None
    token_file: str | None = msgspec.field(default=None, name="tokenFile")
    exec: Plugin | None = None

    def __repr__(self) -> str:
        """Return a text without the credential, which is safe in logs."""
        return "User(…)"


class Context(_Entry, frozen=True):
    """A cluster and a user."""

    cluster: str
    user: str
    namespace: str | None = None


class Kubeconfig(msgspec.Struct, frozen=True):
    """A kubeconfig of one context. The user is secret."""

    context: str
    cluster: Cluster
    user: User
    namespace: str | None = None
    user_name: str = "user"
    recipients: tuple[str, ...] = ()
    """The public keys that it is encrypted to; none if it is stored as it is."""

    def __repr__(self) -> str:
        """Return a text without the credential, which is safe in logs."""
        return f"Kubeconfig({self.context!r}, {self.cluster.server!r})"

    def document(self) -> dict[str, object]:
        """Return the kubeconfig as data."""
        place = {"cluster": self.context, "user": self.user_name}
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": self.context,
            "clusters": [{"name": self.context, "cluster": msgspec.to_builtins(self.cluster)}],
            "users": [{"name": self.user_name, "user": msgspec.to_builtins(self.user)}],
            "contexts": [
                {
                    "name": self.context,
                    "context": {**place, "namespace": self.namespace} if self.namespace else place,
                }
            ],
        }

    def text(self) -> str:
        """Return the kubeconfig as YAML, after its recipients."""
        return "".join(f"{_MARK}{one}\n" for one in self.recipients) + yaml_of(self.document())


class _NamedCluster(msgspec.Struct):
    name: str
    cluster: dict[str, object]


class _NamedUser(msgspec.Struct):
    name: str
    user: dict[str, object] | None


class _NamedContext(msgspec.Struct):
    name: str
    context: dict[str, object]


T = TypeVar("T", _NamedCluster, _NamedUser, _NamedContext)


class _Document(msgspec.Struct, rename="kebab"):
    contexts: list[_NamedContext] | None = None
    clusters: list[_NamedCluster] | None = None
    users: list[_NamedUser] | None = None


def parse(content: bytes, what: str, context: str | None = None) -> Kubeconfig:
    """Return a context of a kubeconfig, by default the only one; `what` names the kubeconfig in messages.

    Raises:
        UsageError: it is not a kubeconfig, or has no such context, or the context twice, or an entry is not known.
    """
    text = _decoded(content, what)
    try:
        found = msgspec.convert(parse_yaml(text), _Document)
        name = context or _only(found, what)
        place = msgspec.convert(_chosen(found.contexts, "context", name, what).context, Context)
        cluster = msgspec.convert(_chosen(found.clusters, "cluster", place.cluster, what).cluster, Cluster)
        user = msgspec.convert(_chosen(found.users, "user", place.user, what).user or {}, User)
    except (ValueError, msgspec.ValidationError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"{what} is not a kubeconfig that can be stored: {reason}: correct it") from None
    marks = (line.removeprefix(_MARK) for line in text.splitlines() if line.startswith(_MARK))
    plain = {"extensions": None}
    return Kubeconfig(
        name,
        msgspec.structs.replace(cluster, **plain),
        msgspec.structs.replace(user, **plain),
        place.namespace,
        place.user,
        tuple(marks),
    )


def _decoded(content: bytes, what: str) -> str:
    try:
        # Editors of Windows begin files with a mark, and end lines with two characters.
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{what} is not UTF-8: save it as UTF-8") from error
    if not text.strip():
        raise UsageError(f"{what} is empty: name a kubeconfig")
    return text


def _only(found: _Document, what: str) -> str:
    names = [one.name for one in found.contexts or ()]
    if len(names) != 1:
        raise UsageError(f"{what} has {len(names)} contexts: choose one with --context")
    return names[0]


def _chosen(entries: list[T] | None, kind: str, name: str, what: str) -> T:
    known = [one.name for one in entries or ()]
    if known.count(name) > 1:
        raise UsageError(f"{what} has {known.count(name)} {kind}s of the name {name!r}: remove all but one")
    if name not in known:
        way = "; choose another with --context" if kind == "context" else f": add the {kind}"
        raise UsageError(f"{what} has no {kind} {name!r}: it has {', '.join(known) or 'none'}{way}")
    return next(one for one in entries or () if one.name == name)
