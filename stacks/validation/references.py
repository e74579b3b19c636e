"""Check that what one part of a declaration names is declared by another part, and can be used there."""

from collections.abc import Iterator, Mapping

from stacks.model import names
from stacks.model.config_map import ConfigMap
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner
from stacks.model.requirements import egress, required_custom_resources
from stacks.model.secret import Secret
from stacks.model.suggestion import meant
from stacks.model.workload import Workload
from stacks.validation import env_vars

_TAKEN = "is a name that the stack uses itself in that namespace: choose another"
_DNS_NAMES = (
    "has dnsNames, which no NetworkPolicy can express: if the cluster's network is Cilium, add CiliumNetworkPolicy to "
    "cluster.customResources; otherwise write cidrs, or the namespace and labels of an egress proxy"
)


def faults(declaration: Declaration) -> Iterator[str]:
    """Yield every broken rule as `path: what is wrong: the way out`."""
    known = (*declaration.namespaces, *declaration.existing_namespaces)
    for path, name in _namespaces(declaration):
        if name not in known:
            section = "existingNamespaces" if is_of_kubernetes(name) else "namespaces"
            yield (
                f"{path}: namespace {name!r} is not declared: {meant(name, known)}"
                f"add it under cortex:{section}, or use one of {', '.join(known)}"
            )
    for owner, declared in declaration.running().items():
        yield from _uses(owner, declared, declaration)
        yield from _own_names(owner, declared, declaration)
        yield from env_vars.faults(owner, declared, declaration.config_maps, declaration.secrets)
    yield from _once("secrets", declaration.secrets)
    yield from _once("configMaps", declaration.config_maps)
    yield from _taken(declaration)
    yield from _custom_resources(declaration)
    yield from _inside_the_cluster(declaration)


def is_of_kubernetes(namespace: str) -> bool:
    """Check whether a namespace is one of Kubernetes itself, which no stack owns."""
    return namespace == "default" or namespace.startswith("kube-")


def _namespaces(declaration: Declaration) -> Iterator[tuple[str, str]]:
    """Yield the path of each setting that names a declared namespace, and the name."""
    for owner, declared in declaration.running().items():
        yield f"{owner.path}.namespace", declared.namespace
        for name in declared.kubernetes.namespaces if declared.kubernetes else ():
            yield f"{owner.path}.kubernetes.namespaces", name
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


def _uses(owner: Owner, reader: Workload, declaration: Declaration) -> Iterator[str]:
    user = f"{owner.title} in {reader.namespace}"
    for index, secret in enumerate(reader.secrets):
        path = f"{owner.path}.secrets.{index}"
        yield from _use(path, ("Secret", "secrets"), secret.name, (user, reader.namespace), declaration.secrets)
    known = declaration.config_maps
    for index, config_map in enumerate(reader.config_maps):
        path = f"{owner.path}.configMaps.{index}"
        yield from _use(path, ("ConfigMap", "configMaps"), config_map.name, (user, reader.namespace), known)


def _use(
    path: str,
    what: tuple[str, str],
    name: str,
    user: tuple[str, str],
    declared: Mapping[str, Secret] | Mapping[str, ConfigMap],
) -> Iterator[str]:
    title, section = what
    if name not in declared:
        yield f"{path}.name: {title} {name!r} is not declared: {meant(name, declared)}add it under cortex:{section}"
    elif declared[name].namespace != user[1]:
        yield (
            f"{path}.name: {title} {name!r} is in {declared[name].namespace}, the {user[0]}: "
            "a pod can use only objects of its own namespace, so declare another one there under another key"
        )


def _own_names(owner: Owner, declared: Workload, declaration: Declaration) -> Iterator[str]:
    """Check that nobody declares the Secret and the ConfigMap that the stack makes for a server or workload."""
    own = declared.namespace, owner.secret
    for key in _keys(declaration.secrets, own) if declared.has_own_secret else ():
        yield f"secrets.{key}: {owner.path} makes it from secretEnv and secretFiles: remove it here or there"
    own = declared.namespace, owner.config
    for key in _keys(declaration.config_maps, own) if declared.config else ():
        yield f"configMaps.{key}: {owner.path} makes it from config: remove it here or there"


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
    journal = (names.ROTATION_JOURNAL,) if declaration.rotator else ()
    for name in (names.RESOURCE_MANAGER_TOKEN, *journal):
        for key in _keys(declaration.secrets, (names.SYSTEM_NAMESPACE, name)):
            yield f"secrets.{key}: {_TAKEN}"


def _custom_resources(declaration: Declaration) -> Iterator[str]:
    for path, kind in required_custom_resources(declaration).items():
        if kind in declaration.cluster.custom_resources:
            continue
        if kind == "CiliumNetworkPolicy":
            yield f"{path}: {_DNS_NAMES}"
        else:
            yield (
                f"{path}: needs the custom resource {kind}: "
                "add it to cluster.customResources if the cluster has it, or remove this"
            )


def _inside_the_cluster(declaration: Declaration) -> Iterator[str]:
    """Check that no destination is the DNS name of a Service: Cilium takes DNS names for addresses outside only."""
    domain = declaration.cluster.service_domain()
    for path, destinations in egress(declaration).items():
        for name in (name for one in destinations for name in one.dns_names):
            if name.endswith((f".{domain}", ".svc")):
                yield (
                    f"{path}: {name!r} is a name inside the cluster, and dnsNames are for names outside: "
                    "write the namespace and labels of the pods behind it"
                )
