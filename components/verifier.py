"""The verifier inside the cluster: `cortex verify --in-cluster` on a schedule, and once after each deployment."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.batch.v1 import CronJob, CronJobSpecArgs, Job, JobSpecArgs, JobTemplateSpecArgs
from pulumi_kubernetes.core.v1 import (
    ContainerArgs,
    EmptyDirVolumeSourceArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ServiceAccount,
    VolumeArgs,
    VolumeMountArgs,
)
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs
from pulumi_kubernetes.networking.v1 import NetworkPolicy, NetworkPolicySpecArgs

from components import network, pods
from components.grants import Grants
from stacks import names
from stacks.permissions import CORE, Rule
from stacks.verifier import Verifier as Declared
from stacks.verifier import verifier_client

COMMAND = ("cortex", "verify", "--in-cluster", "--publish")
"""The image's own entry point is the bridge."""

LATEST_START_SECONDS = 300
"""A run that could not begin in time is left out; the next one says the same."""
LONGEST_RUN_SECONDS = 300
"""A verification ends by itself much sooner, unless the cluster is very large and very slow."""

DNS_NAMESPACE = "kube-system"
"""Where the checks look for CoreDNS."""

_CLUSTER_WIDE = (Rule(CORE, ("namespaces", "nodes"), ("list",)),)
_IN_A_NAMESPACE = (
    Rule(CORE, ("events", "limitranges", "pods", "resourcequotas", "services"), ("list",)),
    Rule(("apps",), ("deployments",), ("list",)),
)
_DNS = (Rule(CORE, ("pods",), ("list",)),)
_RESULT = (
    Rule(CORE, ("configmaps",), ("get",), (names.DECLARATION_CONFIG_MAP,)),
    Rule(CORE, ("configmaps",), ("patch",), (names.VERIFICATION_CONFIG_MAP,)),
    # RBAC knows no name of what is yet to be made, so this right cannot be limited to one.
    Rule(CORE, ("configmaps",), ("create",)),
)


@dataclass(frozen=True)
class VerifierSettings:
    """The verifier as declared, and the namespaces whose objects it looks at."""

    verifier: Declared
    namespaces: Sequence[str]


class Verifier(pulumi.ComponentResource):
    """What verifies on a schedule: account, rights to read, a NetworkPolicy to the API, and a CronJob."""

    def __init__(self, name: str, settings: VerifierSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Verifier", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        ServiceAccount(
            names.VERIFIER, metadata=_meta(names.VERIFIER), automount_service_account_token=False, opts=child
        )
        _grant(settings.namespaces, child)
        _network_policy(child)
        CronJob(
            names.VERIFY,
            metadata=_meta(names.VERIFY),
            spec=CronJobSpecArgs(
                schedule=settings.verifier.schedule,
                concurrency_policy="Forbid",
                starting_deadline_seconds=LATEST_START_SECONDS,
                successful_jobs_history_limit=1,
                failed_jobs_history_limit=3,
                job_template=JobTemplateSpecArgs(
                    metadata=ObjectMetaArgs(labels=names.verifier_labels()), spec=_job(settings.verifier, retries=0)
                ),
            ),
            opts=child,
        )
        self.register_outputs({})


@dataclass(frozen=True)
class VerificationSettings:
    """The verifier as declared, and the hash of the declaration that is to be verified."""

    verifier: Declared
    digest: str


class Verification(pulumi.ComponentResource):
    """One run after a deployment: a Job that Pulumi awaits, so that a wrong deployment fails.

    Let it depend on the published declaration. Another declaration is another Job, which replaces this one. It never
    removes itself: Pulumi would see it missing and run it again.
    """

    def __init__(self, name: str, settings: VerificationSettings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("cortex:kubernetes:Verification", name, None, opts)
        Job(
            names.VERIFY,
            metadata=_meta(names.verify_job(settings.digest)),
            # A second try, for what a deployment leaves unsettled for some seconds.
            spec=_job(settings.verifier, retries=1),
            # First delete: after a deployment that failed, the way back leads to a Job that would still be there.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.register_outputs({})


def _meta(name: str, namespace: str | None = names.SYSTEM_NAMESPACE) -> ObjectMetaArgs:
    return ObjectMetaArgs(name=name, namespace=namespace, labels=names.verifier_labels())


def _grant(namespaces: Sequence[str], opts: pulumi.ResourceOptions) -> None:
    """Give exactly what the checks read, so no Secrets; and the result, which they write."""
    grants = Grants(names.VERIFIER, names.SYSTEM_NAMESPACE, names.verifier_labels())
    grants.cluster_role(names.VERIFIER, _CLUSTER_WIDE, opts)
    grants.everywhere(names.VERIFIER, names.VERIFIER, opts)
    grants.cluster_role(names.VERIFIER_NAMESPACE_ROLE, _IN_A_NAMESPACE, opts)
    for namespace in namespaces:
        grants.within(namespace, names.VERIFIER, names.VERIFIER_NAMESPACE_ROLE, opts)
    grants.role(DNS_NAMESPACE, names.VERIFIER, _DNS, opts)
    grants.role(names.SYSTEM_NAMESPACE, names.VERIFIER_RESULT_ROLE, _RESULT, opts)


def _network_policy(opts: pulumi.ResourceOptions) -> None:
    """The way to the API; that to each MCP server is the server's own part, whose client the verifier is."""
    NetworkPolicy(
        names.VERIFIER,
        metadata=_meta(names.VERIFIER),
        spec=NetworkPolicySpecArgs(
            pod_selector=network.selector(verifier_client().labels),
            policy_types=["Ingress", "Egress"],
            egress=[network.api_egress()],
        ),
        opts=opts,
    )


def _job(verifier: Declared, retries: int) -> JobSpecArgs:
    return JobSpecArgs(
        backoff_limit=retries,
        active_deadline_seconds=LONGEST_RUN_SECONDS,
        template=PodTemplateSpecArgs(metadata=ObjectMetaArgs(labels=names.verifier_labels()), spec=_pod(verifier)),
    )


def _pod(verifier: Declared) -> PodSpecArgs:
    return PodSpecArgs(
        service_account_name=names.VERIFIER,
        automount_service_account_token=True,
        enable_service_links=False,
        restart_policy="Never",
        security_context=pods.pod_security(),
        containers=[
            ContainerArgs(
                name=names.VERIFY,
                image=verifier.image,
                image_pull_policy="IfNotPresent",
                command=list(COMMAND),
                resources=pods.resources(verifier.resources),
                security_context=pods.container_security(),
                # The end of the report then stands in the pod's status, and so in what Pulumi says.
                termination_message_policy="FallbackToLogsOnError",
                volume_mounts=[VolumeMountArgs(name="tmp", mount_path="/tmp")],  # noqa: S108
            )
        ],
        volumes=[VolumeArgs(name="tmp", empty_dir=EmptyDirVolumeSourceArgs())],
    )
