"""From a declaration to resources: which components there are, and which of them wait for which."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pulumi

from components import autoscaling, cluster, handover, secret_values
from components.config import DeclaredConfigMap, DeclaredConfigMapSettings
from components.declaration import PublishedDeclaration
from components.kube_state_metrics import KubeStateMetrics, KubeStateMetricsSettings
from components.mcp_server import McpServer, McpServerSettings
from components.namespace import ManagedNamespace, NamespaceSettings
from components.resource_manager import ResourceManager, ResourceManagerSettings
from components.secret_values import Values
from components.secrets import DeclaredSecret, DeclaredSecretSettings
from components.verifier import Verification, VerificationSettings, Verifier, VerifierSettings
from stacks.manifests import labels as discovery
from stacks.manifests import pod_config as content
from stacks.manifests.server import admitting_verifier
from stacks.manifests.site import site
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.server import Server
from stacks.validation.security_warnings import weakenings

Outputs = Mapping[str, str | Sequence[str] | Mapping[str, str] | Mapping[str, discovery.Entry]]
"""The stack's outputs: `endpoints`, `registry`, `namespaces` and `declarationHash`."""

ROOT = Path(__file__).resolve().parent.parent
"""The project's folder, from which the files of secrets are read."""


def deploy(declaration: Declaration, root: Path = ROOT) -> Outputs:
    """Register every resource of the stack, and warn of what it switches off that protects.

    Raises:
        pulumi.RunError: secrets are missing, or one would go; nothing has been registered then.
    """
    stack = _Stack(declaration, secret_values.read(declaration, root))
    for weakening in weakenings(declaration):
        pulumi.log.warn(weakening)
    stack.deploy()
    return {
        "endpoints": {kind: discovery.endpoint(kind, server) for kind, server in declaration.servers.items()},
        "registry": {kind: discovery.entry(kind, server) for kind, server in declaration.servers.items()},
        "namespaces": sorted(declaration.namespaces),
        "declarationHash": declaration.digest(),
    }


class _Stack:
    """The stack in the making: what has been registered is what later parts wait for."""

    def __init__(self, declaration: Declaration, values: Values) -> None:
        self._declared = declaration
        self._values = values
        self._site = site(declaration)
        self._handed_over = handover.handed_over(declaration)
        self._provider = cluster.connect(declaration.cluster.context)
        self._autoscaling_stops = autoscaling.stopping(declaration.cluster.context)
        self._namespaces: dict[str, pulumi.Resource] = {}
        self._used: dict[tuple[str, str], pulumi.Resource] = {}
        self._rest: list[pulumi.Resource] = []

    def deploy(self) -> None:
        for name, namespace in self._declared.namespaces.items():
            settings = NamespaceSettings(namespace, self._declared.cluster.environment)
            self._namespaces[name] = ManagedNamespace(name, settings, self._after([]))
        self._used = {("secrets", name): self._secret(name) for name in self._declared.secrets}
        self._used |= {("configMaps", name): self._config_map(name) for name in self._declared.config_maps}
        self._rest += [self._server(*server) for server in admitting_verifier(self._declared).items()]
        self._resource_manager()
        self._kube_state_metrics()
        self._verifier()
        # Last of all: a deployment that stops half-way must not claim to be what is declared.
        everything = [*self._namespaces.values(), *self._used.values(), *self._rest]
        published = PublishedDeclaration("declaration", self._declared, self._after(everything))
        if verifier := self._declared.verifier:
            job = VerificationSettings(verifier, self._site, self._declared.digest(), self._values.all())
            Verification("verification", job, self._after([published]))

    def _after(self, resources: Iterable[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(provider=self._provider, depends_on=[*resources])

    def _within(self, spaces: Iterable[str]) -> list[pulumi.Resource]:
        """Give the managed ones of these namespaces; a client's or a scraper's may be others'."""
        return [self._namespaces[name] for name in sorted(set(spaces)) if name in self._namespaces]

    def _component(self, namespace: str) -> str:
        return self._declared.namespaces[namespace].component

    def _secret(self, name: str) -> DeclaredSecret:
        secret = self._declared.secrets[name]
        component = self._component(secret.namespace)
        values, handed_over = self._values.secrets[name], name in self._handed_over
        settings = DeclaredSecretSettings(secret, values, component, handed_over)
        return DeclaredSecret(name, settings, self._after(self._within([secret.namespace])))

    def _config_map(self, name: str) -> DeclaredConfigMap:
        config_map = self._declared.config_maps[name]
        settings = DeclaredConfigMapSettings(config_map, self._component(config_map.namespace))
        return DeclaredConfigMap(name, settings, self._after(self._within([config_map.namespace])))

    def _server(self, kind: str, server: Server) -> McpServer:
        read = content.used(server, self._declared, self._values.servers[kind], self._values.secrets)
        used = [self._used["secrets", use.name] for use in server.secrets]
        used += [self._used["configMaps", use.name] for use in server.config_maps]
        settings = McpServerSettings(server, read, self._site, self._autoscaling_stops)
        return McpServer(kind, settings, self._after([*self._within(_touched(server)), *used]))

    def _verifier(self) -> None:
        if verifier := self._declared.verifier:
            custom = set(self._declared.required_custom_resources().values())
            settings = VerifierSettings(verifier, self._site, custom)
            self._rest.append(Verifier("verifier", settings, self._after(self._namespaces.values())))

    def _resource_manager(self) -> None:
        if self._declared.resource_manager:
            settings = ResourceManagerSettings(self._declared.resource_manager, self._site)
            after = self._after(self._namespaces.values())
            self._rest.append(ResourceManager("resource-manager", settings, after))

    def _kube_state_metrics(self) -> None:
        if metrics := self._declared.kube_state_metrics:
            settings = KubeStateMetricsSettings(metrics, self._site, verified=self._declared.verifier is not None)
            after = self._after(self._within([metrics.namespace, *names.scrapers(metrics.scrapers)]))
            self._rest.append(KubeStateMetrics("kube-state-metrics", settings, after))


def _touched(server: Server) -> set[str]:
    """Name the namespaces in which a server has objects."""
    bound = server.kubernetes.namespaces if server.kubernetes else ()
    return {server.namespace, *bound, *(client.namespace for client in server.clients)}
