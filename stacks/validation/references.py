"""Check that what one part of a declaration names is declared by another part, and can be used there."""

from collections.abc import Iterable, Iterator, Mapping

from stacks.model import names
from stacks.model.config_map import ConfigMap
from stacks.model.declaration import Declaration
from stacks.model.secret import Secret
from stacks.model.server import Server
from stacks.model.suggestion import nearest
from stacks.validation import env_vars

PULL_SECRET = "kubernetes.io/dockerconfigjson"  # noqa: S105 - a type of Secret
"""The type of a Secret with which nodes pull images."""

_TAKEN = "is a name that the stack uses itself in that namespace: choose another"


def faults(declaration: Declaration) -> Iterator[str]:
    """Yield every broken rule as `path: what is wrong: the way out`."""
    known = (*declaration.namespaces, *declaration.existing_namespaces)
    for path, name in _namespaces(declaration):
        if name not in known:
            section = "existingNamespaces" if is_of_kubernetes(name) else "namespaces"
            yield (
                f"{path}: namespace {name!r} is not declared: {_meant(name, known)}"
                f"add it under cortex:{section}, or use one of {', '.join(known)}"
            )
    for kind, server in declaration.servers.items():
        yield from _uses(kind, server, declaration)
        yield from _token(kind, server, declaration)
        yield from _own_names(kind, server, declaration)
        yield from env_vars.faults(kind, server, declaration.config_maps, declaration.secrets)
    yield from _once("secrets", declaration.secrets)
    yield from _once("configMaps", declaration.config_maps)
    yield from _taken(declaration)
    yield from _pull_secrets(declaration)
    yield from _readable_secrets(declaration)
    yield from _custom_resources(declaration)


def is_of_kubernetes(namespace: str) -> bool:
    """Check whether a namespace is one of Kubernetes itself, which no stack owns."""
    return namespace == "default" or namespace.startswith("kube-")


def _namespaces(declaration: Declaration) -> Iterator[tuple[str, str]]:
    """Yield the path of each setting that names a declared namespace, and the name."""
    for kind, server in declaration.servers.items():
        yield f"servers.{kind}.namespace", server.namespace
        for name in server.kubernetes.namespaces if server.kubernetes else ():
            yield f"servers.{kind}.kubernetes.namespaces", name
    for name, secret in declaration.secrets.items():
        yield f"secrets.{name}.namespace", secret.namespace
    for name, config_map in declaration.config_maps.items():
        yield f"configMaps.{name}.namespace", config_map.namespace
    manager = declaration.resource_manager
    for name in manager.readable_secrets if manager else ():
        yield "resourceManager.readableSecrets", name
    for name in manager.exec_in if manager else ():
        yield "resourceManager.execIn", name
    if declaration.kube_state_metrics:
        yield "kubeStateMetrics.namespace", declaration.kube_state_metrics.namespace


def _uses(kind: str, server: Server, declaration: Declaration) -> Iterator[str]:
    for index, secret in enumerate(server.secrets):
        path = f"servers.{kind}.secrets.{index}"
        yield from _use(path, ("Secret", "secrets"), secret.name, server, declaration.secrets)
        declared = declaration.secrets.get(secret.name)
        for variable, key in secret.env.items() if declared else ():
            if declared and key not in declared.names():
                yield (
                    f"{path}.env.{variable}: Secret {secret.name!r} has no key {key!r}: "
                    f"{_meant(key, declared.names())}"
                    f"add it there, or use one of {', '.join(sorted(declared.names()))}"
                )
    for index, config_map in enumerate(server.config_maps):
        path = f"servers.{kind}.configMaps.{index}"
        yield from _use(path, ("ConfigMap", "configMaps"), config_map.name, server, declaration.config_maps)


def _use(
    path: str,
    what: tuple[str, str],
    name: str,
    server: Server,
    declared: Mapping[str, Secret] | Mapping[str, ConfigMap],
) -> Iterator[str]:
    title, section = what
    if name not in declared:
        yield f"{path}.name: {title} {name!r} is not declared: {_meant(name, declared)}add it under cortex:{section}"
    elif declared[name].namespace != server.namespace:
        yield (
            f"{path}.name: {title} {name!r} is in {declared[name].namespace}, the server in {server.namespace}: "
            "a pod can use only objects of its own namespace, so declare another one there under another key"
        )


def _token(kind: str, server: Server, declaration: Declaration) -> Iterator[str]:
    """Check the Secret with the token or client secret of a verification: a declared one, or the server's own."""
    setting, stored = (server.authorization and server.authorization.stored) or ("", None)
    if stored is None:
        return
    path = f"servers.{kind}.authorization.{setting}"
    declared = declaration.secrets.get(stored.secret)
    if stored.secret == names.server_secret(kind) and has_own_secret(server):
        keys = frozenset({**server.secret_env, **server.secret_files})
    elif declared is None or declared.namespace != server.namespace:
        yield (
            f"{path}.secret: Secret {stored.secret!r} is not declared in {server.namespace}: "
            "add it under cortex:secrets with this namespace"
        )
        return
    else:
        keys = declared.names()
    if stored.key not in keys:
        yield (
            f"{path}.key: Secret {stored.secret!r} has no key {stored.key!r}: "
            f"add it there, or use one of {', '.join(sorted(keys))}"
        )


def _meant(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"did you mean {near!r}? Otherwise " if near else ""


def _own_names(kind: str, server: Server, declaration: Declaration) -> Iterator[str]:
    """Check that nobody declares the Secret and the ConfigMap that the stack makes for a server."""
    own = server.namespace, names.server_secret(kind)
    for key in _keys(declaration.secrets, own) if has_own_secret(server) else ():
        yield f"secrets.{key}: servers.{kind} makes it from secretEnv and secretFiles: remove it here or there"
    own = server.namespace, names.server_config(kind)
    for key in _keys(declaration.config_maps, own) if server.config else ():
        yield f"configMaps.{key}: servers.{kind} makes it from config: remove it here or there"


def _keys(declared: Mapping[str, Secret] | Mapping[str, ConfigMap], place: tuple[str, str]) -> list[str]:
    """Return the keys under which an object of this namespace and name is declared."""
    return [key for key, each in declared.items() if (each.namespace, each.called(key)) == place]


def _once(section: str, declared: Mapping[str, Secret] | Mapping[str, ConfigMap]) -> Iterator[str]:
    for key, each in declared.items():
        first, *_ = _keys(declared, (each.namespace, each.called(key)))
        if first != key:
            yield (
                f"{section}.{key}: has the namespace and name of {section}.{first}, {each.called(key)!r}: "
                "give it another name, or remove one"
            )


def _taken(declaration: Declaration) -> Iterator[str]:
    """Check that nobody declares the objects that the stack has in cortex-system."""
    for name in (names.DECLARATION_CONFIG_MAP, names.VERIFICATION_CONFIG_MAP):
        for key in _keys(declaration.config_maps, (names.SYSTEM_NAMESPACE, name)):
            yield f"configMaps.{key}: {_TAKEN}"
    for key in _keys(declaration.secrets, (names.SYSTEM_NAMESPACE, names.RESOURCE_MANAGER_TOKEN)):
        yield f"secrets.{key}: {_TAKEN}"


def _pull_secrets(declaration: Declaration) -> Iterator[str]:
    for key, secret in declaration.secrets.items():
        name = secret.called(key)
        if name in declaration.cluster.image_pull_secrets and secret.type != PULL_SECRET:
            yield (
                f"cluster.imagePullSecrets: Secret {name!r} is of type {secret.type}: "
                f"declare it with type {PULL_SECRET}, or name another"
            )


def has_own_secret(server: Server) -> bool:
    """Check whether the stack makes a Secret for this server alone."""
    return bool(server.secret_env or server.secret_files)


def _readable_secrets(declaration: Declaration) -> Iterator[str]:
    if declaration.resource_manager is None:
        return
    known = {(secret.namespace, secret.called(key)) for key, secret in declaration.secrets.items()}
    known |= {(s.namespace, names.server_secret(kind)) for kind, s in declaration.servers.items() if has_own_secret(s)}
    spaces = (*declaration.namespaces, *declaration.existing_namespaces)
    for namespace, wanted in declaration.resource_manager.readable_secrets.items():
        for name in wanted:
            if (namespace, name) not in known and namespace in spaces:
                yield (
                    f"resourceManager.readableSecrets.{namespace}: Secret {name!r} is not declared there: "
                    f"{_meant(name, (known_name for space, known_name in known if space == namespace))}"
                    "add it under cortex:secrets, or remove it here"
                )


def _custom_resources(declaration: Declaration) -> Iterator[str]:
    for path, kind in declaration.required_custom_resources().items():
        if kind not in declaration.cluster.custom_resources:
            yield (
                f"{path}: needs the custom resource {kind}: "
                "add it to cluster.customResources if the cluster has it, or remove this"
            )
