from collections.abc import Iterable, Mapping
from typing import Any, cast

import anyio
import pulumi
import pytest

from checks.in_cluster.publication import publish
from checks.kube.client import Kind
from checks.kube.connection import Connection
from checks.kube.resources import EVENTS, NAMESPACED, PODS, RARE
from checks.results.result import Severity
from checks.usage.collect import POD_METRICS
from checks.verification.verify import verify_deployed
from components.secret_inputs import verification_checksum
from components.verifier import Verification, VerificationArgs, Verifier, VerifierArgs
from stacks.manifests.build import build
from stacks.manifests.site import Site
from stacks.manifests.verifier import COMMAND, verifier_manifests
from stacks.manifests.verifier import verification as declared_verification
from stacks.model.verifier import Verifier as Declared
from stacks.model.verifier import verifier_client
from tests.checks.fake_api import serve, status
from tests.checks.world import World, known
from tests.checks.world import declared as world_declared
from tests.components.full import WORKLOADS, full
from tests.components.recording import MINIMAL, Recording, Registration, record
from tests.components.test_restricted import violations

SETTINGS = Declared(image="registry.test/cortex:1")
LABELS = {"app": "cortex-verifier", "cortex.dev/component": "verifier"}
NAMESPACES = ("cortex-mcp", "cortex-system")
SITE = Site(NAMESPACES)
Right = tuple[str, str, str, str]
"""Namespace or nothing, verb, resource with its group, object or nothing."""


@pytest.fixture
def verifier() -> Recording:
    return reader()


def reader(*custom: str, site: Site = SITE) -> Recording:
    return record(lambda: Verifier("verifier", VerifierArgs(verifier_manifests(SETTINGS, site, custom, {}))))


def verification(digest: str = "0123456789abcdef", site: Site = SITE, **secrets: str) -> Registration:
    def program() -> None:
        values = {name: pulumi.Output.secret(value) for name, value in secrets.items()}
        job = declared_verification(SETTINGS, site, digest, secrets=bool(values))
        Verification("verification", VerificationArgs(job, verification_checksum(values)))

    return record(program).one("Job")


def test_cron_job_runs_one_at_a_time_and_keeps_few(verifier: Recording) -> None:
    cron_job = verifier.of("CronJob")["cortex-system/cortex-verify"]
    spec = cast("Mapping[str, object]", cron_job.at("spec"))
    assert {key: value for key, value in spec.items() if key != "jobTemplate"} == {
        "schedule": "*/15 * * * *",
        "timeZone": "UTC",
        "concurrencyPolicy": "Forbid",
        "suspend": False,
        "startingDeadlineSeconds": 300,
        "successfulJobsHistoryLimit": 1,
        "failedJobsHistoryLimit": 3,
    }
    assert cron_job.at("metadata.labels") == LABELS
    assert cron_job.at("spec.jobTemplate.spec.backoffLimit") == 0
    assert cron_job.at("spec.jobTemplate.spec.activeDeadlineSeconds") == 300


def test_pods_verify_and_publish(verifier: Recording) -> None:
    template = verifier.one("CronJob").at("spec.jobTemplate.spec.template")
    assert isinstance(template, dict)
    assert template["metadata"] == {"labels": LABELS}
    pod = template["spec"]
    assert violations(pod) == []
    (container,) = pod["containers"]
    assert container["image"] == "registry.test/cortex:1"
    assert container["command"] == ["cortex", "verify", "--in-cluster", "--publish"]
    assert container["volumeMounts"] == [{"name": "tmp", "mountPath": "/tmp"}]
    assert container["terminationMessagePolicy"] == "FallbackToLogsOnError"
    assert (pod["serviceAccountName"], pod["automountServiceAccountToken"]) == ("cortex-verifier", True)
    assert pod["restartPolicy"] == "Never"


def test_job_differs_from_the_schedule_by_what_is_still_to_be_deleted(verifier: Recording) -> None:
    scheduled = verifier.one("CronJob").at("spec.jobTemplate.spec.template")
    once = cast("dict[str, Any]", verification().at("spec.template"))
    assert once["spec"]["containers"][0].pop("command") == [*COMMAND, "--deploying"]
    assert isinstance(scheduled, dict)
    assert scheduled["spec"]["containers"][0].pop("command") == [*COMMAND]
    assert once == scheduled


def test_job_that_failed_is_replaced_by_the_next_update() -> None:
    assert verification().at("metadata.annotations") == {"pulumi.com/replaceUnready": "true"}


def test_each_declaration_has_a_job_that_stays() -> None:
    job = verification()
    assert job.at("metadata.name") == "cortex-verify-01234567"
    assert (job.at("spec.backoffLimit"), job.at("spec.activeDeadlineSeconds")) == (2, 300)
    assert "ttlSecondsAfterFinished" not in cast("Mapping[str, object]", job.at("spec"))
    other = verification("fedcba9876543210")
    assert other.name == job.name, "another declaration replaces the Job of this one, so it must have the same URN"
    assert other.at("metadata.name") == "cortex-verify-fedcba98"
    assert other.deleted_before_replaced, "a declaration that comes back finds no Job of its name"


def test_other_values_of_secrets_are_another_job() -> None:
    place = "spec.template.metadata.annotations.cortex~dev/checksum"
    one, same, rotated = verification(token="a"), verification(token="a"), verification(token="b")
    more = verification(token="a", other="a")
    assert one.at(place) == same.at(place)
    assert len({one.at(place), rotated.at(place), more.at(place)}) == 3
    assert one.secret_paths == {"spec.template.metadata.annotations.cortex.dev/checksum"}
    assert one.at("metadata.name") == rotated.at("metadata.name")
    assert verification().at("spec.template.metadata") == {"labels": LABELS}, "of no secrets there is no checksum"


def test_token_is_in_the_verifiers_pods_alone(verifier: Recording) -> None:
    account = verifier.of("ServiceAccount")["cortex-system/cortex-verifier"]
    assert account.at("automountServiceAccountToken") is False


def test_pods_may_reach_the_api_and_nobody_may_reach_them(verifier: Recording) -> None:
    policy = verifier.of("NetworkPolicy")["cortex-system/cortex-verifier"]
    assert policy.at("spec") == {
        "podSelector": {"matchLabels": {"app": "cortex-verifier"}},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [],
        "egress": [{"ports": [{"port": port, "protocol": "TCP"} for port in (443, 6443)]}],
    }


def test_servers_can_know_the_verifier_as_a_client() -> None:
    client = verifier_client()
    assert client.namespace == "cortex-system"
    assert client.labels.items() <= LABELS.items()


_KINDS: tuple[Kind[Any], ...] = (*NAMESPACED.values(), PODS, EVENTS, POD_METRICS)
NOT_CLUSTER_WIDE = {kind.path() for kind in _KINDS if kind.plural not in ("roles", "rolebindings")}
"""What may be read in the stack's namespaces alone."""


def granted(verifier: Recording) -> set[Right]:
    """Give all that the account may do, by following the bindings."""
    rights: set[Right] = set()
    bindings = [("", binding) for binding in verifier.of("ClusterRoleBinding").values()]
    bindings += [(name.split("/")[0], binding) for name, binding in verifier.of("RoleBinding").items()]
    for namespace, binding in bindings:
        account = {"kind": "ServiceAccount", "name": "cortex-verifier", "namespace": "cortex-system"}
        assert binding.at("subjects") == [account]
        kind, name = str(binding.at("roleRef.kind")), str(binding.at("roleRef.name"))
        role = verifier.of(kind)[name if kind == "ClusterRole" else f"{namespace}/{name}"]
        for rule in cast("list[Mapping[str, list[str]]]", role.at("rules")):
            rights |= set(_rights(namespace, rule))
    return rights


def _rights(namespace: str, rule: Mapping[str, list[str]]) -> Iterable[Right]:
    for group in rule["apiGroups"]:
        for resource in rule["resources"]:
            for verb in rule["verbs"]:
                for name in rule.get("resourceNames", [""]):
                    yield namespace, verb, f"{resource}.{group}".rstrip("."), name


def used(namespaces: tuple[str, ...], **parts: dict[str, Any]) -> set[Right]:
    """Give all that a verification inside the cluster asks of the API server."""
    spaces = {name: {"component": "c", "description": "d"} for name in namespaces}
    rights: set[Right] = {("cortex-system", "create", "configmaps", "")}
    world = World(world_declared(**{"namespaces": spaces, "servers": {}, "configMaps": {}, **parts}))
    world.tells_usage = True
    with serve(world) as api:
        api.faults = {path: [status(403, "forbidden")] for path in NOT_CLUSTER_WIDE}
        access = Connection("in-cluster", api.url, inside=True, resolve=known)
        report = anyio.run(verify_deployed, access, Severity.ERROR)
        assert (report.exit_code, anyio.run(publish, report, access)) == (0, None)
        for path in api.requests:
            if path not in {"/version", "/apis", "/apis/metrics.k8s.io", *NOT_CLUSTER_WIDE}:
                rights.add(_right(path))
    return rights


def _right(path: str) -> Right:
    _, prefix, *rest = path.split("/")
    group = rest[0] if prefix == "apis" else ""
    rest = rest[2:] if group else rest[1:]
    namespace = rest[1] if rest[0] == "namespaces" and len(rest) > 1 else ""
    plural, *name = rest[2:] if namespace else rest
    verb = (
        "create"
        if plural == "subjectaccessreviews"
        else "list"
        if not name
        else "patch"
        if name[0] == "cortex-verification"
        else "get"
    )
    return namespace, verb, f"{plural}.{group}".rstrip("."), name[0] if name else ""


@pytest.mark.parametrize("kind", RARE)
def test_rare_kinds_are_listed_where_the_stack_declares_such(kind: str, verifier: Recording) -> None:
    _, prefix, group, *_ = RARE[kind].path().split("/")
    resource = f"{RARE[kind].plural}.{group}" if prefix == "apis" else RARE[kind].plural
    assert granted(reader(kind)) - granted(verifier) == {(space, "list", resource, "") for space in NAMESPACES}


def test_rights_are_those_on_the_rare_kinds_that_a_stack_declares() -> None:
    def resources(**parts: object) -> set[str]:
        identity = ("ClusterRole", "", "cortex-verifier-namespace")
        (role,) = (one for one in build(full(**{"agent": None, **parts})) if one.identity == identity)
        rules = cast("list[Mapping[str, list[str]]]", role.content["rules"])
        return {name for rule in rules for name in rule["resources"]}

    rare = {kind.plural for kind in RARE.values()}
    named = {"ciliumnetworkpolicies"}
    assert resources() & rare == named | {"externalsecrets", "prometheusrules", "servicemonitors"}
    assert resources(kubeStateMetrics={"alerts": {}}) & rare == named | {"externalsecrets", "prometheusrules"}
    others = {
        "context": "test",
        "environment": "testing",
        "customResources": ["ExternalSecret", "PrometheusRule", "ServiceMonitor"],
    }
    assert resources(servers={"demo": MINIMAL}, cluster=others) & named == set()
    data = {"data": {"mount": "/data", "claim": {"size": "1Gi"}}}
    with_agent = resources(kubeStateMetrics=None, agent=full().model_dump(by_alias=True)["agent"])
    with_claim = {"externalsecrets", "persistentvolumeclaims", "prometheusrules", "servicemonitors"}
    assert with_agent & rare == named | with_claim
    assert "persistentvolumeclaims" in resources(servers={"demo": {**MINIMAL, "volumes": data}})
    assert "statefulsets" in resources(servers={"demo": {**MINIMAL, "controller": "StatefulSet"}})
    assert "statefulsets" in resources(workloads=WORKLOADS)


def test_rights_are_exactly_what_a_verification_uses(verifier: Recording) -> None:
    # What `create` makes cannot be named, and the fake API server asks for no right at all.
    assert granted(verifier) == used(NAMESPACES)


def test_in_an_existing_namespace_it_may_read_what_the_stack_can_have_there() -> None:
    config = {"shared": {"namespace": "default", "data": {"level": "info"}}}
    parts: Any = {"existingNamespaces": ["default", "kube-public"], "configMaps": config}
    existing = granted(reader(site=Site(NAMESPACES, occupied=("default",)))) - granted(reader())
    assert existing == {right for right in used(NAMESPACES, **parts) if right[0] in {"default", "kube-public"}}
    assert {resource for _, _, resource, _ in existing}.isdisjoint({"secrets", "resourcequotas", "jobs.batch"})
