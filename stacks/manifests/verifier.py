"""The verifier inside the cluster: `cortex verify --in-cluster` on a schedule, and once after each deployment."""

from collections.abc import Collection, Iterator, Sequence

from stacks.manifests import network, pods
from stacks.manifests.grants import GROUP, Grants
from stacks.manifests.manifest import HIDDEN, Manifest, Value, given
from stacks.manifests.permissions import CORE, Rule
from stacks.manifests.rbac import service_account
from stacks.manifests.site import Site
from stacks.manifests.volumes import writable_tmp
from stacks.model import names
from stacks.model.custom_resources import CustomResource
from stacks.model.verifier import Verifier, verifier_client

COMMAND = ("cortex", "verify", "--in-cluster", "--publish")
"""The image's own entry point is the bridge."""

DEPLOYING = "--deploying"
"""For the Job that Pulumi awaits: it runs before Pulumi deletes what is no longer declared."""
REPLACE_UNREADY = "pulumi.com/replaceUnready"
"""The annotation by which Pulumi replaces a Job that failed, and so runs it again, in its next update."""

LATEST_START_SECONDS = 300
"""A run that could not begin in time is left out; the next one says the same."""
LONGEST_RUN_SECONDS = 300
"""A verification ends by itself much sooner, unless the cluster is very large and very slow."""

DNS_NAMESPACE = "kube-system"
"""Where the checks look for CoreDNS."""

_LABELS = names.verifier_labels()

_CLUSTER_WIDE = (
    Rule(CORE, ("namespaces", "nodes"), ("list",)),
    # Whoever binds a role to one of our accounts may do so anywhere.
    Rule((GROUP,), ("clusterrolebindings", "clusterroles", "rolebindings", "roles"), ("list",)),
    # Asks what others may do, and so learns nothing that the roles do not tell.
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
_CUSTOM: dict[CustomResource, Rule] = {
    "ExternalSecret": Rule(("external-secrets.io",), ("externalsecrets",), ("list",)),
    "PrometheusRule": Rule(("monitoring.coreos.com",), ("prometheusrules",), ("list",)),
    "ServiceMonitor": Rule(("monitoring.coreos.com",), ("servicemonitors",), ("list",)),
}
_DNS = (Rule(CORE, ("pods",), ("list",)),)
_RESULT = (
    Rule(CORE, ("configmaps",), ("get",), (names.DECLARATION_CONFIG_MAP,)),
    Rule(CORE, ("configmaps",), ("patch",), (names.VERIFICATION_CONFIG_MAP,)),
    # RBAC knows no name of what is yet to be made, so this right cannot be limited to one.
    Rule(CORE, ("configmaps",), ("create",)),
)


def verifier_manifests(verifier: Verifier, site: Site, custom: Collection[CustomResource]) -> tuple[Manifest, ...]:
    """Give account, rights to read, a NetworkPolicy to the API, and the CronJob.

    It reads in the site's namespaces, `custom` objects where the stack declares such.
    """
    return (
        service_account(names.VERIFIER, names.SYSTEM_NAMESPACE, _LABELS),
        *_access(site, custom),
        _network_policy(site),
        _cron_job(verifier, site),
    )


def verification(verifier: Verifier, site: Site, digest: str, *, secrets: bool) -> Manifest:
    """Give the Job that verifies once the deployment of the declaration with this hash.

    Where the stack deploys values of `secrets`, their checksum is on its pods, so that other values are another Job.
    It never removes itself: Pulumi would see it missing and run it again. One that failed is replaced by the next
    deployment.
    """
    # Kubernetes waits 10 and 20 seconds before them: time for what a deployment leaves unsettled, such as the number
    # of pods that an autoscaler first chooses.
    annotations = {names.CHECKSUM: HIDDEN} if secrets else None
    spec = _job(verifier, site, [*COMMAND, DEPLOYING], retries=2, annotations=annotations)
    name, again = names.verify_job(digest), {REPLACE_UNREADY: "true"}
    return Manifest("batch/v1", "Job", name, names.SYSTEM_NAMESPACE, _LABELS, again, {"spec": spec})


def _access(site: Site, custom: Collection[CustomResource]) -> Iterator[Manifest]:
    """Give exactly what the checks read, so no Secrets; and the result, which they write."""
    grants = Grants(names.VERIFIER, names.SYSTEM_NAMESPACE, _LABELS)
    yield grants.cluster_role(names.VERIFIER, _CLUSTER_WIDE)
    yield grants.everywhere(names.VERIFIER, names.VERIFIER)
    rules = (*_IN_A_NAMESPACE, *(rule for kind, rule in _CUSTOM.items() if kind in custom))
    yield grants.cluster_role(names.VERIFIER_NAMESPACE_ROLE, rules)
    for namespace in site.namespaces:
        yield grants.within(namespace, names.VERIFIER, names.VERIFIER_NAMESPACE_ROLE)
    yield from grants.role(DNS_NAMESPACE, names.VERIFIER, _DNS)
    yield from grants.role(names.SYSTEM_NAMESPACE, names.VERIFIER_RESULT_ROLE, _RESULT)


def _network_policy(site: Site) -> Manifest:
    """The way to the API; that to each MCP server is the server's own part, whose client the verifier is."""
    pods_of = network.selector(verifier_client().labels)
    return network.policy(names.VERIFIER, names.SYSTEM_NAMESPACE, _LABELS, pods_of, egress=[network.api_egress(site)])


def _cron_job(verifier: Verifier, site: Site) -> Manifest:
    spec: Value = {
        "schedule": verifier.schedule,
        # Every program knows this one: kube-state-metrics crashes on another where its image has no time zones.
        "timeZone": "UTC",
        "concurrencyPolicy": "Forbid",
        "suspend": False,
        "startingDeadlineSeconds": LATEST_START_SECONDS,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 3,
        "jobTemplate": {"metadata": {"labels": _LABELS}, "spec": _job(verifier, site, COMMAND, retries=0)},
    }
    return Manifest("batch/v1", "CronJob", names.VERIFY, names.SYSTEM_NAMESPACE, _LABELS, content={"spec": spec})


def _job(verifier: Verifier, site: Site, command: Sequence[str], *, retries: int, annotations: Value = None) -> Value:
    metadata = given({"labels": _LABELS, "annotations": annotations})
    return {
        "backoffLimit": retries,
        "activeDeadlineSeconds": LONGEST_RUN_SECONDS,
        "template": {"metadata": metadata, "spec": _pod(verifier, site, command)},
    }


def _pod(verifier: Verifier, site: Site, command: Sequence[str]) -> Value:
    volume, mount = writable_tmp()
    container: Value = {
        "name": names.VERIFY,
        "image": verifier.image,
        "imagePullPolicy": "IfNotPresent",
        "command": command,
        "resources": pods.resources(verifier.resources),
        "securityContext": pods.container_security(),
        # What a verification that fails leaves there stands in the pod's status, and so in what Pulumi says. If it
        # could leave nothing, the end of its report does.
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [mount],
    }
    return given(
        {
            "serviceAccountName": names.VERIFIER,
            "imagePullSecrets": site.image_pull_secrets(names.SYSTEM_NAMESPACE),
            "automountServiceAccountToken": True,
            "enableServiceLinks": False,
            "restartPolicy": "Never",
            "securityContext": pods.pod_security(),
            "containers": [container],
            "volumes": [volume],
        }
    )
