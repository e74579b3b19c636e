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
    for path, name in _namespaces(declaration):
        if name not in declaration.namespaces:
            yield (
                f"{path}: namespace {name!r} is not declared: {_meant(name, declaration.namespaces)}"
                f"add it under cortex:namespaces, or use one of {', '.join(declaration.namespaces)}"
            )
    for kind, server in declaration.servers.items():
        yield from _uses(kind, server, declaration)
        yield from _own_names(kind, server, declaration)
        yield from env_vars.faults(kind, server, declaration.config_maps)
    yield from _taken(declaration)
    yield from _pull_secrets(declaration)
    yield from _readable_secrets(declaration)
    yield from _custom_resources(declaration)


def _namespaces(declaration: Declaration) -> Iterator[tuple[str, str]]:
    """Yield the path of each setting that names a managed namespace, and the name."""
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
            "a pod can use only objects of its own namespace, so declare another one there under another name"
        )


def _meant(name: str, known: Iterable[str]) -> str:
    near = nearest(name, known)
    return f"did you mean {near!r}? Otherwise " if near else ""


def _own_names(kind: str, server: Server, declaration: Declaration) -> Iterator[str]:
    """Check that nobody declares the Secret and the ConfigMap that the stack makes for a server."""
    own = names.server_secret(kind)
    declared = declaration.secrets.get(own)
    if has_own_secret(server) and declared and declared.namespace == server.namespace:
        yield f"secrets.{own}: servers.{kind} makes it from secretEnv and secretFiles: remove it here or there"
    own = names.server_config(kind)
    config_map = declaration.config_maps.get(own)
    if server.config and config_map and config_map.namespace == server.namespace:
        yield f"configMaps.{own}: servers.{kind} makes it from config: remove it here or there"


def _taken(declaration: Declaration) -> Iterator[str]:
    """Check that nobody declares the objects that the stack has in cortex-system."""
    for name in (names.DECLARATION_CONFIG_MAP, names.VERIFICATION_CONFIG_MAP):
        if name in declaration.config_maps and declaration.config_maps[name].namespace == names.SYSTEM_NAMESPACE:
            yield f"configMaps.{name}: {_TAKEN}"
    token = declaration.secrets.get(names.RESOURCE_MANAGER_TOKEN)
    if token and token.namespace == names.SYSTEM_NAMESPACE:
        yield f"secrets.{names.RESOURCE_MANAGER_TOKEN}: {_TAKEN}"


def _pull_secrets(declaration: Declaration) -> Iterator[str]:
    for name in declaration.cluster.image_pull_secrets:
        secret = declaration.secrets.get(name)
        if secret and secret.type != PULL_SECRET:
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
    known = {(secret.namespace, name) for name, secret in declaration.secrets.items()}
    known |= {(s.namespace, names.server_secret(kind)) for kind, s in declaration.servers.items() if has_own_secret(s)}
    for namespace, wanted in declaration.resource_manager.readable_secrets.items():
        for name in wanted:
            if namespace in declaration.namespaces and (namespace, name) not in known:
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
