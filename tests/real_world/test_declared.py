"""What people really run can be declared: each case has, in its manifests, what its deployment needs."""

from pathlib import Path
from statistics import median
from typing import Any

import pytest

from stacks.manifests.build import build
from tests.real_world.cases import CASES, loaded

POD = "spec.template.spec"
OWN = f"{POD}.containers.0"
NEEDS: dict[str, list[tuple[str, str, object]]] = {
    "read_only_kubernetes_server": [
        ("Deployment default/kubernetes-mcp-server", f"{OWN}.args.0", "--config"),
        ("HTTPRoute default/kubernetes-mcp-server", "spec.parentRefs.0.namespace", "gateways"),
        ("ClusterRoleBinding default-kubernetes-mcp-server-view", "roleRef.name", "view"),
    ],
    "cloud_server": [
        ("Deployment tools/cloud-mcp-server", f"{OWN}.imagePullPolicy", "Always"),
        ("Deployment tools/cloud-mcp-server", f"{OWN}.livenessProbe.tcpSocket.port", "http"),
        (
            "ServiceAccount tools/cloud-mcp-server",
            "metadata.annotations.eks~amazonaws~com/role-arn",
            "arn:aws:iam::111122223333:role/mcp",
        ),
    ],
    "managed_cluster_server": [
        ("Deployment cortex-mcp/aks-mcp-server", f"{POD}.securityContext.runAsUser", 1000),
        ("Deployment cortex-mcp/aks-mcp-server", f"{POD}.serviceAccountName", "aks-mcp"),
        ("Deployment cortex-mcp/aks-mcp-server", f"{OWN}.env.0.valueFrom.secretKeyRef.optional", True),
        (
            "Deployment cortex-mcp/aks-mcp-server",
            "spec.template.metadata.labels.azure~workload~identity/use",
            "true",
        ),
        ("CiliumNetworkPolicy cortex-mcp/aks-mcp-server", "spec.egress.1.toPorts.0.ports.0.port", "443"),
    ],
    "gitlab_server": [
        ("Deployment dev-tools/gitlab-mcp-server", f"{OWN}.resources.limits", {"memory": "512Mi"}),
        ("Deployment dev-tools/gitlab-mcp-server", f"{POD}.securityContext.runAsNonRoot", False),
    ],
    "kubectl_server": [
        ("Deployment kubectl/kubectl-mcp-server", f"{OWN}.securityContext.readOnlyRootFilesystem", False),
        ("ClusterRole kubectl-kubectl-mcp-server-rules", "rules.0.verbs", ["get", "list", "watch"]),
    ],
    "gateway": [
        ("StatefulSet gateway/gateway-mcp-server", "spec.serviceName", "gateway-mcp-server"),
        ("Service gateway/gateway-mcp-server", "spec.clusterIP", "None"),
        ("Service gateway/gateway-public", "spec.type", "LoadBalancer"),
        ("Role gateway/gateway-mcp-server", "rules.1.resources", ["statefulsets"]),
    ],
    "github_server": [
        ("Deployment cortex-mcp/github-mcp-server", f"{OWN}.image", "registry.example/github-mcp-server:v0.20.1"),
        (
            "Deployment cortex-mcp/github-mcp-server",
            "spec.template.metadata.annotations.vault~hashicorp~com/role",
            "github-mcp",
        ),
        (
            "CiliumNetworkPolicy cortex-mcp/github-mcp-server",
            "spec.egress.1.toFQDNs",
            [{"matchName": "api.github.com"}, {"matchPattern": "*.githubusercontent.com"}],
        ),
    ],
    "talos_server": [
        ("Deployment talos-tools/talos-mcp-server", f"{OWN}.volumeMounts.1.mountPath", "/var/run/secrets/talos.dev"),
    ],
    "gitops_server": [
        ("Deployment flux-operator/flux-mcp-server", f"{OWN}.env.1.valueFrom.fieldRef.fieldPath", "metadata.namespace"),
        ("ClusterRole flux-operator-flux-mcp-server-rules", "rules.1.nonResourceURLs", ["/version", "/healthz"]),
    ],
    "node_server": [
        ("Deployment home/media-mcp-server", f"{OWN}.image", "docker.example/node:22.20.0-alpine"),
        ("NetworkPolicy home/media-mcp-server", "spec.egress.0.to.0.podSelector.matchLabels", {"app": "sonarr"}),
        ("ExternalSecret home/plex", "spec.data.0.remoteRef.key", "media"),
    ],
    "socket_server": [
        ("Service cortex-mcp/realtime-mcp-server", "spec.ports.0.port", 80),
        ("Service cortex-mcp/realtime-mcp-server", "spec.ports.0.appProtocol", "kubernetes.io/ws"),
        ("Service cortex-mcp/realtime-mcp-server", "spec.sessionAffinityConfig.clientIP.timeoutSeconds", 86400),
        ("Deployment cortex-mcp/realtime-mcp-server", f"{OWN}.lifecycle.preStop.exec.command", ["sleep", "15"]),
        ("Deployment cortex-mcp/realtime-mcp-server", f"{POD}.terminationGracePeriodSeconds", 30),
    ],
    "gpu_server": [
        ("Deployment gpu/vision-mcp-server", f"{OWN}.resources.limits.nvidia~com/gpu", "1"),
        ("Deployment gpu/vision-mcp-server", "spec.strategy", {"type": "Recreate"}),
        ("PersistentVolumeClaim gpu/vision-mcp-server-models", "spec.storageClassName", "fast"),
    ],
    "tls_server": [
        ("Service cortex-mcp/database-mcp-server", "spec.ports.0.port", 443),
        ("Deployment cortex-mcp/database-mcp-server", f"{OWN}.readinessProbe.httpGet.scheme", "HTTPS"),
    ],
    "openshift_server": [
        ("Deployment assisted/assisted-mcp-server", f"{POD}.securityContext.runAsNonRoot", True),
        ("Deployment assisted/assisted-mcp-server", f"{OWN}.livenessProbe.exec.command.0", "curl"),
        ("NetworkPolicy assisted/allow-dns", "spec.egress.0.ports.0.port", 5353),
        ("Route assisted/assisted", "spec.tls.termination", "edge"),
    ],
    "agent_platform_server": [
        ("Deployment agents/prices-mcp-server", f"{OWN}.workingDir", "/app"),
        ("Deployment agents/prices-mcp-server", f"{POD}.containers.1.name", "bridge"),
        (
            "NetworkPolicy agents/prices-mcp-server",
            "spec.ingress.0.from.0.podSelector.matchLabels",
            {"app": "agent-controller"},
        ),
    ],
    "browser_server": [
        ("Namespace browsers", "metadata.labels.pod-security~kubernetes~io/enforce", "privileged"),
        ("Deployment browsers/browser-mcp-server", f"{POD}.securityContext.seccompProfile.type", "Unconfined"),
        ("Service browsers/browser-mcp-server", "spec.sessionAffinity", "ClientIP"),
    ],
    "checkout_server": [
        ("Deployment code/repository-mcp-server", f"{POD}.initContainers.0.command.0", "git"),
        ("Deployment code/repository-mcp-server", f"{POD}.volumes.2.emptyDir.sizeLimit", "5Gi"),
        ("NetworkPolicy code/repository-mcp-server", "spec.egress.0.ports.0.port", 3128),
    ],
    "dashboard_server": [
        (
            "Deployment monitoring/dashboards-mcp-server",
            "spec.template.metadata.annotations.prometheus~io/port",
            "8000",
        ),
        ("NetworkPolicy monitoring/dashboards-mcp-server", "spec.egress.1.ports.0.port", 3000),
    ],
    "edge_server": [
        ("Service home/house-mcp-server", "spec.ports.0.nodePort", 30123),
        ("Deployment home/house-mcp-server", f"{POD}.nodeSelector.kubernetes~io/arch", "arm64"),
        ("Deployment home/house-mcp-server", f"{POD}.dnsConfig.nameservers", ["192.168.1.1"]),
    ],
    "files_server": [
        ("Deployment files/files-mcp-server", f"{POD}.securityContext.supplementalGroups", [3000]),
    ],
    "gated_server": [
        ("HTTPRoute customers/customers-mcp-server", "spec.parentRefs.0.sectionName", "https"),
        ("ServiceMonitor customers/customers-mcp-server", "spec.endpoints.0.port", "metrics"),
        ("PodDisruptionBudget customers/customers-mcp-server", "spec.maxUnavailable", 2),
    ],
    "managed_database_server": [
        ("Deployment databases/warehouse-mcp-server", f"{POD}.initContainers.0.restartPolicy", "Always"),
        ("Deployment databases/warehouse-mcp-server", f"{POD}.initContainers.0.args.0", "--private-ip"),
    ],
    "memory_and_cache": [
        ("StatefulSet memory/cache", "spec.volumeClaimTemplates.0.spec.resources.requests.storage", "2Gi"),
        (
            "NetworkPolicy memory/cache",
            "spec.ingress.0.from.0.podSelector.matchLabels.mcp~cortex~dev/type",
            "recall",
        ),
    ],
    "mesh_server": [
        ("Deployment mesh-apps/sandbox-mcp-server", f"{POD}.runtimeClassName", "gvisor"),
        ("Deployment mesh-apps/sandbox-mcp-server", "spec.template.metadata.labels.sidecar~istio~io/inject", "true"),
    ],
    "proxied_server": [
        ("Deployment tools-system/observer-mcp-server", f"{POD}.serviceAccountName", "tools-proxy"),
        ("Deployment tools-system/observer-mcp-server", f"{OWN}.readinessProbe.exec.command.0", "sh"),
    ],
    "public_server": [
        ("Ingress public/documentation-mcp-server", "spec.rules.0.http.paths.0.path", "/docs"),
        (
            "Ingress public/documentation-mcp-server",
            "metadata.annotations.cert-manager~io/cluster-issuer",
            "letsencrypt",
        ),
    ],
    "search_cluster_server": [
        ("Deployment logs/logs-mcp-server", f"{OWN}.env.3.valueFrom.fieldRef.fieldPath", "status.podIP"),
    ],
    "shared_settings": [
        ("Deployment team/notes-mcp-server", f"{OWN}.command.6", "@example/notes@1.1.0"),
        ("Deployment team/weather-mcp-server", "spec.replicas", 2),
    ],
    "store_driver_server": [
        ("Deployment cortex-mcp/tickets-mcp-server", f"{OWN}.volumeMounts.1.mountPath", "/mnt/store"),
    ],
    "template_server": [
        ("Deployment platform/orders-mcp-server", f"{OWN}.envFrom.0.configMapRef.name", "orders-settings"),
        ("HorizontalPodAutoscaler platform/orders-mcp-server", "spec.metrics.1.resource.name", "memory"),
    ],
}
"""Case → object, path of a field (`~` stands for a dot in a key), value."""


def field(document: Any, path: str) -> object:
    for part in path.split("."):
        document = document[int(part)] if part.isdigit() else document[part.replace("~", ".")]
    return document


@pytest.mark.parametrize("case", CASES)
def test_manifests_have_what_the_deployment_needs(case: str, tmp_path: Path) -> None:
    found = {}
    for manifest in build(loaded(case, tmp_path)):
        place = f"{manifest.namespace}/{manifest.name}" if manifest.namespace else manifest.name
        found[f"{manifest.kind} {place}"] = manifest.document()
    for name, path, value in NEEDS[case]:
        assert field(found[name], path) == value, (name, path)


def test_stack_files_are_short() -> None:
    lines = [len(path.read_text(encoding="utf-8").splitlines()) for path in CASES.values()]
    assert median(lines) < 30
