"""Warnings about settings that weaken security. They are allowed; each preview and each `pulumi up` shows them."""

from collections.abc import Iterator

from pydantic.alias_generators import to_camel

from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.environment import is_production
from stacks.model.kubernetes_access import AccessRule, KubernetesAccess
from stacks.model.owner import Owner
from stacks.model.server import Server
from stacks.model.workload import Workload
from stacks.validation.clear_secrets import clear_secrets
from stacks.validation.pod_security import exceptions


def weakenings(declaration: Declaration) -> Iterator[str]:
    """Yield a sentence for each weakening setting: the setting, its effect, and the safer setting."""
    if declaration.cluster.network_policies == "ignored":
        yield (
            "cluster.networkPolicies is ignored: every pod of the cluster reaches every MCP server, and each server "
            "reaches any address: use a network that enforces them, and remove networkPolicies"
        )
    for name, namespace in declaration.namespaces.items():
        if namespace.pod_security != "restricted":
            yield (
                f"namespaces.{name}.podSecurity is {namespace.pod_security}: {_ADMITTED[namespace.pod_security]}: "
                f"{_way_out(declaration, name)}"
            )
    yield from _contexts(declaration)
    for owner, declared in declaration.running().items():
        yield from _settings(owner, declared)
    if is_production(declaration.cluster.environment):
        yield from _literals(declaration)
    for owner, declared in declaration.running().items():
        yield from clear_secrets(owner, declared)
        if declared.kubernetes:
            yield from _access(f"{owner.path}.kubernetes", declared.kubernetes)
    yield from _resource_manager(declaration)
    if declaration.agent and "cordon" in declaration.agent.actions:
        yield (
            "agent.actions has cordon: RBAC cannot limit the change of a node to one field, so whoever controls a pod "
            "of the agent can change labels and taints of every node: remove it, and cordon nodes by hand"
        )


def _way_out(declaration: Declaration, name: str) -> str:
    needing = sorted(path for path, namespace, _ in exceptions(declaration) if namespace == name)
    if needing:
        return f"move what needs it ({', '.join(needing)}) to a namespace of its own"
    return "remove podSecurity, because nothing in this stack needs it"


def _contexts(declaration: Declaration) -> Iterator[str]:
    for path, _, context in exceptions(declaration):
        for field, effect in _WEAKER.items():
            if (value := getattr(context, field)) not in (None, ()):
                shown = to_camel(field)
                yield f"{path}.{shown} is {_written(value)}: {effect}: remove it if the image runs without"


def _settings(owner: Owner, declared: Workload) -> Iterator[str]:
    path = owner.path
    for name, probe in declared.probes:
        if probe.none is not None:
            yield f"{path}.probes.{name}: none ({probe.none}): give one as soon as the image has one"
    if isinstance(declared, Server) and declared.transport == "stdio" and declared.command and declared.bridge is None:
        yield (
            f"{path}.command: replaces the bridge that a stdio server's image starts, so nothing may serve "
            "HTTP: set bridge to the bridge's image, or start the bridge in command"
        )
    for patched in declared.patch:
        yield (
            f"{path}.patch.{patched}: changes the {patched} besides what the settings declare: "
            "use a setting where there is one"
        )
    if declared.client_ranges:
        yield (
            f"{path}.clientRanges: every program at these addresses reaches the {owner.title}: "
            f"name as few as possible, and let the {owner.title} ask for credentials"
        )


def _written(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(value)
    return {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)


_WEAKER = {
    "run_as_non_root": "its processes may run as root",
    "read_only_root_filesystem": "a process can change its own program files",
    "allow_privilege_escalation": "a process can gain more rights than its parent",
    "privileged": "the container can take over its node",
    "add_capabilities": "its processes have these capabilities",
    "seccomp_profile": "its processes may make any system call",
}
"""Field of a security context → what it allows."""


def _access(path: str, access: KubernetesAccess) -> Iterator[str]:
    if access.everywhere:
        yield (
            f"{path}.everywhere: what is granted is granted in every namespace, kube-system included: "
            "name the namespaces that the server needs"
        )
    for role in access.existing_roles():
        if role in _STRONG:
            yield f"{path}: ClusterRole {role} {_STRONG[role]}: grant view, or the rules that the server needs"
    for field, rules in (("rules", access.rules), ("clusterRules", access.cluster_rules)):
        for number, rule in enumerate(rules):
            yield from (f"{path}.{field}.{number}: {risk}" for risk in _risks(rule))


def _risks(rule: AccessRule) -> Iterator[str]:
    verbs, resources = set(rule.verbs), set(rule.resources)
    wild = [
        name
        for name, values in (("apiGroups", rule.api_groups), ("resources", resources), ("verbs", verbs))
        if "*" in values
    ]
    if wild:
        yield f"has '*' as {' and '.join(wild)}, also what is added to the cluster later: name what the server needs"
    for verb in sorted(verbs & _POWERFUL.keys()):
        yield f"has the verb {verb}: {_POWERFUL[verb]}: remove it"
    if {"", "*"} & set(rule.api_groups) and "secrets" in resources and verbs & {"get", "list", "watch"}:
        named = rule.resource_names and not verbs & {"list", "watch"}
        which = ", ".join(rule.resource_names) if named else "every Secret where it is granted"
        yield f"reads {which}: " + ("remove it if the server does without" if named else "get them by resourceNames")
    for resource in sorted(resources & {"pods/exec", "pods/attach"}):
        yield f"has {resource}: the server may run commands in pods: remove it if the server does without"


_STRONG = {
    "edit": "may read Secrets and start pods",
    "admin": "may read Secrets, start pods and grant its permissions to others",
    "cluster-admin": "may do everything",
}
_POWERFUL = {
    "bind": "the server may grant itself roles",
    "escalate": "the server may add permissions to its roles",
    "impersonate": "the server may act as others",
}
_ADMITTED = {
    "baseline": "pods that run as root are admitted",
    "privileged": "pods that can take over the node are admitted",
}


def _literals(declaration: Declaration) -> Iterator[str]:
    for name, secret in declaration.secrets.items():
        for key, source in secret.keys.items():
            if source.literal is not None:
                yield (
                    f"secrets.{name}.keys.{key} is a literal: it is plain text in the stack file and in the "
                    f"ConfigMap {names.DECLARATION_CONFIG_MAP}: if it is secret, use pulumi or file"
                )


def _resource_manager(declaration: Declaration) -> Iterator[str]:
    manager = declaration.resource_manager
    if manager and manager.scope == "cluster":
        yield (
            "resourceManager.scope is cluster: the resource manager reads every Secret and may start pods in every "
            "namespace, kube-system included, which amounts to cluster-admin: remove scope to bind it only in the "
            "declared namespaces"
        )
    if manager and manager.token == "legacy":  # noqa: S105 - a kind of token
        yield (
            "resourceManager.token is legacy: its token never expires and is stored in etcd and in the stack's state: "
            "remove token, and request one that expires: "
            f"kubectl create token {names.RESOURCE_MANAGER} -n {names.SYSTEM_NAMESPACE}"
        )
