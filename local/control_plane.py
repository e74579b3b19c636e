"""Command lines and configuration of etcd, API server, controller-manager and scheduler."""

from local.cluster_setup import ClusterSetup
from local.node_plan import Component

API_SERVER = "kube-apiserver"
"""The name of the component that most others need."""
CLUSTER_DOMAIN = "cluster.local"
_AUDIT_MEGABYTES = 50


def components(setup: ClusterSetup) -> list[Component]:
    """Return the components of the control plane."""
    return [_etcd(setup), _api_server(setup), _controller_manager(setup), _scheduler(setup)]


def _etcd(setup: ClusterSetup) -> Component:
    pki = setup.authority
    client, peer = f"https://127.0.0.1:{setup.port('etcd')}", f"https://127.0.0.1:{setup.port('etcd-peer')}"
    metrics = f"http://127.0.0.1:{setup.port('etcd-metrics')}"
    certificate, key, ca = pki.certificate("server"), pki.key("server"), pki.certificate("ca")
    command = [
        setup.program("etcd"),
        f"--data-dir={setup.folder.data / 'etcd'}",
        f"--listen-client-urls={client}", f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}", f"--initial-advertise-peer-urls={peer}", f"--initial-cluster=default={peer}",
        f"--cert-file={certificate}", f"--key-file={key}", "--client-cert-auth", f"--trusted-ca-file={ca}",
        f"--peer-cert-file={certificate}", f"--peer-key-file={key}", "--peer-client-cert-auth",
        f"--peer-trusted-ca-file={ca}",
        f"--listen-metrics-urls={metrics}",
        "--log-level=warn",
    ]  # fmt: skip
    return Component("etcd", tuple(command), health=f"{metrics}/readyz")


def _api_server(setup: ClusterSetup) -> Component:
    pki, state = setup.authority, setup.state
    bind = "0.0.0.0" if state.node == "real" else "127.0.0.1"  # noqa: S104 - of the node's own network namespace
    command = [
        setup.program("kube-apiserver"),
        f"--bind-address={bind}", f"--secure-port={setup.port('api')}", f"--advertise-address={state.node_address}",
        f"--etcd-servers=https://127.0.0.1:{setup.port('etcd')}", f"--etcd-cafile={pki.certificate('ca')}",
        f"--etcd-certfile={pki.certificate('server')}", f"--etcd-keyfile={pki.key('server')}",
        f"--tls-cert-file={pki.certificate('server')}", f"--tls-private-key-file={pki.key('server')}",
        f"--client-ca-file={pki.certificate('ca')}",
        "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
        f"--service-account-key-file={pki.public_key('accounts')}",
        f"--service-account-signing-key-file={pki.key('accounts')}",
        f"--service-account-issuer=https://kubernetes.default.svc.{CLUSTER_DOMAIN}",
        f"--service-cluster-ip-range={state.services}",
        f"--kubelet-client-certificate={pki.certificate('apiserver-kubelet')}",
        f"--kubelet-client-key={pki.key('apiserver-kubelet')}",
        f"--kubelet-certificate-authority={pki.certificate('ca')}", "--kubelet-preferred-address-types=InternalIP",
        f"--requestheader-client-ca-file={pki.certificate('ca')}", "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={pki.certificate('front-proxy')}",
        f"--proxy-client-key-file={pki.key('front-proxy')}",
        f"--encryption-provider-config={pki.encryption}",
        f"--audit-policy-file={_audit_policy(setup)}", f"--audit-log-path={setup.folder.logs / 'audit.log'}",
        f"--audit-log-maxsize={_AUDIT_MEGABYTES}", "--audit-log-maxbackup=2",
    ]  # fmt: skip
    return Component(API_SERVER, tuple(command), ("etcd",), f"https://127.0.0.1:{setup.port('api')}/readyz")


def _audit_policy(setup: ClusterSetup) -> str:
    """Write a policy that logs requests without their bodies, except for leases and health checks."""
    return setup.settings(
        "audit-policy",
        {
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [
                {"level": "None", "nonResourceURLs": ["/healthz*", "/livez*", "/readyz*", "/metrics"]},
                {"level": "None", "resources": [{"group": "coordination.k8s.io", "resources": ["leases"]}]},
                {"level": "Metadata"},
            ],
        },
    )


def _controller_manager(setup: ClusterSetup) -> Component:
    pki, kubeconfig = setup.authority, setup.kubeconfig("controller-manager")
    command = [
        setup.program("kube-controller-manager"), *_served(setup, "controller-manager", kubeconfig),
        f"--service-account-private-key-file={pki.key('accounts')}", f"--root-ca-file={pki.certificate('ca')}",
        f"--cluster-signing-cert-file={pki.certificate('ca')}", f"--cluster-signing-key-file={pki.key('ca')}",
        "--use-service-account-credentials", "--allocate-node-cidrs", f"--cluster-cidr={setup.state.pods}",
        f"--service-cluster-ip-range={setup.state.services}",
        # With the default of 20 requests a second, 50 new Deployments took nine seconds.
        "--kube-api-qps=200", "--kube-api-burst=400",
    ]  # fmt: skip
    return Component(
        "kube-controller-manager",
        tuple(command),
        (API_SERVER,),
        f"https://127.0.0.1:{setup.port('controller-manager')}/healthz",
    )


def _scheduler(setup: ClusterSetup) -> Component:
    command = [setup.program("kube-scheduler"), *_served(setup, "scheduler", setup.kubeconfig("scheduler"))]
    return Component(
        "kube-scheduler", tuple(command), (API_SERVER,), f"https://127.0.0.1:{setup.port('scheduler')}/healthz"
    )


def _served(setup: ClusterSetup, name: str, kubeconfig: str) -> list[str]:
    """Return the options of controller-manager and scheduler. There is one of each, so no leader election."""
    return [
        f"--kubeconfig={kubeconfig}", f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}", "--bind-address=127.0.0.1", f"--secure-port={setup.port(name)}",
        "--leader-elect=false",
    ]  # fmt: skip
