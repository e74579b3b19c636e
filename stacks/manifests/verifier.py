"""The verifier inside the cluster: `cortex verify --in-cluster` on a schedule, and once after each deployment."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from stacks.manifests import network, scheduled
from stacks.manifests.cilium import dns_names_policy
from stacks.manifests.files import group_of, plurals
from stacks.manifests.grants import GROUP, Grants
from stacks.manifests.manifest import HIDDEN, Manifest, Value, given
from stacks.manifests.permissions import CORE, Rule, secret_reader
from stacks.manifests.rbac import service_account
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model.verifier import Verifier, verifier_client

COMMAND = ("cortex", "verify", "--in-cluster", "--publish")
"""The image's own entry point is the bridge."""

DEPLOYING = "--deploying"
"""Option of the Job that Pulumi awaits, which runs before Pulumi deletes objects that are no longer declared."""
REPLACE_UNREADY = "pulumi.com/replaceUnready"
"""Annotation with which Pulumi replaces a failed Job in its next update, and so runs it again."""

LONGEST_RUN_SECONDS = 300
"""A verification ends much sooner, unless the cluster is very large and very slow."""

_LABELS = names.verifier_labels()

_CLUSTER_WIDE = (
    Rule(CORE, ("namespaces", "nodes"), ("list",)),
    # A role can be bound to one of the stack's accounts in any namespace.
    Rule((GROUP,), ("clusterrolebindings", "clusterroles", "rolebindings", "roles"), ("list",)),
    # Answers what an account may do, which the roles also tell.
    Rule(("authorization.k8s.io",), ("subjectaccessreviews",), ("create",)),
)
_IN_A_NAMESPACE = (
    Rule(
        CORE,
        ("configmaps", "events", "limitranges", "pods", "resourcequotas", "serviceaccounts", "services"),
        ("list",),
    ),
    Rule(("apps",), ("deployments",), ("list",)),
    Rule(("autoscaling",), ("horizontalpodautoscalers",), ("list",)),
    Rule(("batch",), ("cronjobs", "jobs"), ("list",)),
    Rule(("metrics.k8s.io",), ("pods",), ("list",)),
    Rule(("networking.k8s.io",), ("networkpolicies",), ("list",)),
    Rule(("policy",), ("poddisruptionbudgets",), ("list",)),
)
_IN_AN_EXISTING_NAMESPACE = (
    Rule(CORE, ("configmaps", "events", "pods", "serviceaccounts", "services"), ("list",)),
    Rule(("apps",), ("deployments",), ("list",)),
    Rule(("autoscaling",), ("horizontalpodautoscalers",), ("list",)),
    Rule(("networking.k8s.io",), ("networkpolicies",), ("list",)),
    Rule(("policy",), ("poddisruptionbudgets",), ("list",)),
)
_RARE: dict[str, Rule] = {
    "CiliumNetworkPolicy": Rule(("cilium.io",), ("ciliumnetworkpolicies",), ("list",)),
    "ExternalSecret": Rule(("external-secrets.io",), ("externalsecrets",), ("list",)),
    "PrometheusRule": Rule(("monitoring.coreos.com",), ("prometheusrules",), ("list",)),
    "ServiceMonitor": Rule(("monitoring.coreos.com",), ("servicemonitors",), ("list",)),
    "HTTPRoute": Rule(("gateway.networking.k8s.io",), ("httproutes",), ("list",)),
    "Ingress": Rule(("networking.k8s.io",), ("ingresses",), ("list",)),
    "PersistentVolumeClaim": Rule(CORE, ("persistentvolumeclaims",), ("list",)),
    "StatefulSet": Rule(("apps",), ("statefulsets",), ("list",)),
}
"""Kinds that are read only if the stack has objects of them."""
_DNS = (Rule(CORE, ("pods",), ("list",)),)
_RESULT = (
    Rule(CORE, ("configmaps",), ("get",), (names.DECLARATION_CONFIG_MAP,)),
    Rule(CORE, ("configmaps",), ("patch",), (names.VERIFICATION_CONFIG_MAP,)),
    # RBAC cannot limit `create` to a name.
    Rule(CORE, ("configmaps",), ("create",)),
)


def verifier_manifests(
    verifier: Verifier,
    site: Site,
    kinds: Collection[str],
    tokens: Mapping[str, Collection[str]],
    files: Sequence[Manifest] = (),
) -> tuple[Manifest, ...]:
    """Return the account, its permissions, a NetworkPolicy to the API, and the CronJob.

    It may read in the namespaces with objects of the stack, also rare kinds if they are among the `kinds` that the
    stack has, the Secrets with `tokens` or client secrets for MCP servers, which are given by namespace, and by name
    the objects of `files`.
    """
    return (
        service_account(names.VERIFIER, names.SYSTEM_NAMESPACE, _LABELS),
        *_access(site, kinds),
        *_tokens(tokens),
        *_access_to_files(files),
        *_network_policies(verifier, site),
        _cron_job(verifier, site),
    )


def verification(verifier: Verifier, site: Site, digest: str, *, secrets: bool) -> Manifest:
    """Return the Job that verifies the deployment of the declaration with this hash once.

    If the stack deploys `secrets`, its pods have their checksum, so that other values make another Job. It has no time
    to live: Pulumi would miss a removed Job and run it again. The next deployment replaces a failed one.
    """
    # Kubernetes waits 10 and 20 seconds before the retries. By then a deployment has settled, for instance the number
    # of pods that an autoscaler chooses first.
    annotations = {names.CHECKSUM: HIDDEN} if secrets else None
    spec = _job(verifier, site, [*COMMAND, DEPLOYING], retries=2, annotations=annotations)
    name, again = names.verify_job(digest), {REPLACE_UNREADY: "true"}
    return Manifest("batch/v1", "Job", name, names.SYSTEM_NAMESPACE, _LABELS, again, {"spec": spec})


def _access(site: Site, kinds: Collection[str]) -> Iterator[Manifest]:
    """Yield permissions to read exactly what the checks read, so no Secrets, and to write the result."""
    grants = Grants(names.VERIFIER, names.SYSTEM_NAMESPACE, _LABELS)
    yield grants.cluster_role(names.VERIFIER, _CLUSTER_WIDE)
    yield grants.everywhere(names.VERIFIER, names.VERIFIER)
    rules = tuple(rule for kind, rule in _RARE.items() if kind in kinds)
    yield grants.cluster_role(names.VERIFIER_NAMESPACE_ROLE, (*_IN_A_NAMESPACE, *rules))
    for namespace in site.namespaces:
        yield grants.within(namespace, names.VERIFIER, names.VERIFIER_NAMESPACE_ROLE)
    if site.occupied:
        yield grants.cluster_role(names.VERIFIER_EXISTING_ROLE, (*_IN_AN_EXISTING_NAMESPACE, *rules))
    for namespace in site.occupied:
        yield grants.within(namespace, names.VERIFIER_EXISTING_ROLE, names.VERIFIER_EXISTING_ROLE)
    yield from grants.role(site.dns.namespace, names.VERIFIER, _DNS)
    yield from grants.role(names.SYSTEM_NAMESPACE, names.VERIFIER_RESULT_ROLE, _RESULT)


def _tokens(secrets: Mapping[str, Collection[str]]) -> Iterator[Manifest]:
    grants = Grants(names.VERIFIER, names.SYSTEM_NAMESPACE, _LABELS)
    for namespace, wanted in secrets.items():
        yield from grants.role(namespace, names.VERIFIER_TOKENS_ROLE, secret_reader(tuple(sorted(wanted))))


def _access_to_files(files: Sequence[Manifest]) -> Iterator[Manifest]:
    """Yield permissions to read the objects of files, each by its name."""
    grants, resources = Grants(names.VERIFIER, names.SYSTEM_NAMESPACE, _LABELS), plurals(files)
    named: dict[str, dict[tuple[str, str], set[str]]] = {}
    for each in files:
        group = group_of(each)
        by_resource = named.setdefault(each.namespace, {})
        by_resource.setdefault((group, resources[group, each.kind]), set()).add(each.name)
    for namespace, by_resource in named.items():
        rules = [
            Rule((group,), (resource,), ("get",), tuple(sorted(objects)))
            for (group, resource), objects in by_resource.items()
        ]
        if namespace:
            yield from grants.role(namespace, names.VERIFIER_FILES_ROLE, rules)
        else:
            yield grants.cluster_role(names.VERIFIER_FILES_ROLE, rules)
            yield grants.everywhere(names.VERIFIER_FILES_ROLE, names.VERIFIER_FILES_ROLE)


def _network_policies(verifier: Verifier, site: Site) -> Iterator[Manifest]:
    """Yield the policies that allow it to connect to the API and to what is declared.

    Each server's manifests allow it to connect there.
    """
    pods_of = network.selector(verifier_client().labels)
    egress = [network.api_egress(site), *network.destinations(verifier.egress)]
    place = names.VERIFIER, names.SYSTEM_NAMESPACE, _LABELS, pods_of
    yield network.policy(*place, egress=egress)
    yield from dns_names_policy(*place, verifier.egress, site.dns)


def _cron_job(verifier: Verifier, site: Site) -> Manifest:
    job = _job(verifier, site, COMMAND, retries=0)
    return scheduled.cron_job(names.VERIFY, verifier.schedule, _LABELS, job)


def _job(verifier: Verifier, site: Site, command: Sequence[str], *, retries: int, annotations: Value = None) -> Value:
    metadata = given({"labels": _LABELS, "annotations": annotations})
    pod = scheduled.pod(names.VERIFY, names.VERIFIER, verifier.image, command, verifier.resources, site)
    return {
        "backoffLimit": retries,
        "activeDeadlineSeconds": LONGEST_RUN_SECONDS,
        "template": {"metadata": metadata, "spec": pod},
    }
