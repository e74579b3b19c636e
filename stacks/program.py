"""Registers the components of a stack, each after those that it needs."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pulumi

from components import autoscaling, cluster, handover, secret_inputs, secret_values
from components.agent import Agent, AgentArgs
from components.config import DeclaredConfigMap, DeclaredConfigMapArgs
from components.declaration import PublishedDeclaration, PublishedDeclarationArgs
from components.kube_state_metrics import KubeStateMetrics, KubeStateMetricsArgs
from components.manifests import Manifests, ManifestsArgs
from components.mcp_server import McpServer, McpServerArgs
from components.namespace import ManagedNamespace, ManagedNamespaceArgs
from components.resource_manager import ResourceManager, ResourceManagerArgs
from components.rotator import Rotator, RotatorArgs
from components.secret_values import Values
from components.secrets import DeclaredSecret, DeclaredSecretArgs
from components.verifier import Verification, VerificationArgs, Verifier, VerifierArgs
from components.workload import Workload, WorkloadArgs
from stacks.manifests import pod_config
from stacks.manifests.build import DeclarationPath, parts
from stacks.manifests.labels import Entry, endpoint, entry
from stacks.manifests.manifest import Manifest
from stacks.model.declaration import Declaration
from stacks.model.environment import is_production
from stacks.model.owner import Owner
from stacks.model.server import Server
from stacks.model.workload import controller
from stacks.validation.security_warnings import weakenings

Outputs = Mapping[str, str | Sequence[str] | Mapping[str, str] | Mapping[str, Entry]]
"""The stack's outputs: `endpoints`, `registry`, `namespaces` and `declarationHash`."""

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder, from which the files of secrets are read."""

_JOB = "Job"
"""The verification's kind: it is not registered with the rest of the verifier, but after the published declaration."""


def deploy(declaration: Declaration, root: Path = ROOT) -> Outputs:
    """Register every resource of the stack, warn about settings that weaken security, and return the outputs.

    Raises:
        pulumi.RunError: secrets are missing, or a Secret would be deleted. Then nothing has been registered.
    """
    stack = _Stack(declaration, secret_values.read(declaration, root))
    for weakening in weakenings(declaration):
        pulumi.log.warn(weakening)
    stack.deploy()
    domain = declaration.cluster.service_domain()
    return {
        "endpoints": {kind: endpoint(kind, server, domain) for kind, server in declaration.servers.items()},
        "registry": {kind: entry(kind, server, domain) for kind, server in declaration.servers.items()},
        "namespaces": sorted(declaration.namespaces),
        "declarationHash": declaration.digest(),
    }


class _Stack:
    """The stack as it is registered: later components wait for those that are kept here."""

    def __init__(self, declaration: Declaration, values: Values) -> None:
        self._declared = declaration
        self._values = values
        self._handed_over = handover.handed_over(declaration)
        self._provider = cluster.connect(declaration.cluster.context)
        self._stop_autoscaler = autoscaling.stopping(declaration.cluster.context)
        self._components: dict[DeclarationPath, pulumi.Resource] = {}

    def deploy(self) -> None:
        for path, manifests in parts(self._declared).items():
            self._components[path] = self._component(path, manifests)
        if self._declared.verifier:
            self._verification()

    def _component(self, path: DeclarationPath, manifests: Sequence[Manifest]) -> pulumi.Resource:
        inside = self._after(self._namespaces({manifest.namespace for manifest in manifests}))
        match path:
            case ("namespaces", name):
                protect = is_production(self._declared.cluster.environment)
                return ManagedNamespace(name, ManagedNamespaceArgs(manifests, protect), self._after([]))
            case ("secrets", name):
                return self._secret(name, manifests)
            case ("configMaps", name):
                return DeclaredConfigMap(name, DeclaredConfigMapArgs(manifests), inside)
            case ("manifests", file):
                # After all parts so far: namespaces, Secrets, ConfigMaps, and the files before it.
                return Manifests(file, ManifestsArgs(manifests), self._after(self._components.values()))
            case (("servers" | "workloads") as section, key):
                return self._workload(Owner(section, key), manifests)
            case ("resourceManager",):
                after = self._after(self._namespaces(self._declared.namespaces))
                return ResourceManager("resource-manager", ResourceManagerArgs(manifests), after)
            case ("kubeStateMetrics",):
                return KubeStateMetrics("kube-state-metrics", KubeStateMetricsArgs(manifests), inside)
            case ("verifier",) | ("rotator",):
                return self._scheduled(path, manifests, inside)
            case () | ("agent",):
                return self._last(path, manifests)
        raise AssertionError(f"no component registers {'.'.join(path)}")

    def _scheduled(
        self, path: DeclarationPath, manifests: Sequence[Manifest], opts: pulumi.ResourceOptions
    ) -> pulumi.Resource:
        if path == ("rotator",):
            return Rotator("rotator", RotatorArgs(manifests), opts)
        scheduled = [manifest for manifest in manifests if manifest.kind != _JOB]
        return Verifier("verifier", VerifierArgs(scheduled), opts)

    def _last(self, path: DeclarationPath, manifests: Sequence[Manifest]) -> pulumi.Resource:
        """Register what comes after all parts so far: the published declaration, then the agent, which reads it."""
        # The hash of the published declaration says that all of it was deployed.
        after = self._after(self._components.values())
        if path:
            return Agent("agent", AgentArgs(manifests), after)
        return PublishedDeclaration("declaration", PublishedDeclarationArgs(manifests), after)

    def _verification(self) -> None:
        *_, last = self._components.values()
        (job,) = (manifest for manifest in parts(self._declared)["verifier",] if manifest.kind == _JOB)
        args = VerificationArgs(job, secret_inputs.verification_checksum(self._values.all()))
        Verification("verification", args, self._after([last]))

    def _secret(self, name: str, manifests: Sequence[Manifest]) -> pulumi.Resource:
        declared = self._declared.secrets[name]
        namespace = declared.namespace
        hidden = secret_inputs.secret_data(namespace, declared.called(name), self._values.secrets[name])
        if declared.generated and declared.rotation:
            hidden = secret_inputs.first_value(declared.generated, declared.rotation.generator)
        args = DeclaredSecretArgs(manifests, hidden, name in self._handed_over)
        return DeclaredSecret(name, args, self._after(self._namespaces([namespace])))

    def _workload(self, owner: Owner, manifests: Sequence[Manifest]) -> pulumi.Resource:
        declared = self._declared.running()[owner]
        own = (self._values.servers if owner.is_server else self._values.workloads)[owner.key]
        content = pod_config.used(declared, self._declared, own, self._values.secrets)
        hidden = {
            "Secret": secret_inputs.secret_data(declared.namespace, owner.secret, content.own),
            controller(declared): secret_inputs.pod_checksum(owner, declared, content),
        }
        used: list[DeclarationPath] = [("secrets", use.name) for use in declared.secrets]
        used += [("configMaps", use.name) for use in declared.config_maps]
        # Of two that connect to each other, one is registered first.
        used += [other for other in self._declared.connects_to(owner) if other in self._components]
        spaces = self._namespaces({manifest.namespace for manifest in manifests})
        after = self._after([*spaces, *(self._components[path] for path in used)])
        if not isinstance(declared, Server):
            return Workload(owner.name, WorkloadArgs(manifests, self._stop_autoscaler, hidden), after)
        url = endpoint(owner.key, declared, self._declared.cluster.service_domain())
        return McpServer(owner.key, McpServerArgs(manifests, self._stop_autoscaler, hidden, endpoint=url), after)

    def _after(self, components: Iterable[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(provider=self._provider, depends_on=[*components])

    def _namespaces(self, names: Iterable[str]) -> list[pulumi.Resource]:
        """Return the components of those of these namespaces that the stack owns."""
        paths = (("namespaces", name) for name in sorted(names))
        return [self._components[path] for path in paths if path in self._components]
