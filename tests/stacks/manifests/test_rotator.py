"""The rotator: permissions for exactly the Secrets and readers of its stack, and the CronJob."""

from typing import Any, cast

from stacks.manifests.build import build, parts
from stacks.manifests.manifest import HIDDEN, Manifest
from stacks.model.declaration import Declaration
from stacks.model.owner import SERVERS, Owner
from stacks.model.rotation import rotator_client
from tests.checks.world import SETTINGS, declared
from tests.components.test_restricted import violations

ROTATION = {"every": "90d"}
MADE = {"namespace": "cortex-mcp", "generated": "key", "rotation": ROTATION}
OTHERS = {"namespace": "cortex-mcp", "name": "of-others", "existing": ["a", "b"], "rotation": {**ROTATION, "key": "b"}}
PLAIN = {"namespace": "cortex-mcp", "existing": ["token"]}
TIME, TALOS = SETTINGS["servers"]["time"], SETTINGS["servers"]["talos"]
TIME_OWNER = Owner(SERVERS, "time")


def stack(**changes: Any) -> Declaration:
    """Give a stack with two rotated Secrets, of which a server reads one."""
    readers = {"time": {**TIME, "secrets": [{"name": "made", "env": {"KEY": "key"}}]}, "talos": TALOS}
    settings: dict[str, Any] = {
        "servers": readers,
        "secrets": {"made": MADE, "others": OTHERS, "plain": PLAIN},
        "rotator": {"image": "registry.test/cortex:1"},
    }
    return declared(**{**settings, **changes})


def made(declaration: Declaration, kind: str) -> list[Manifest]:
    return [each for each in parts(declaration)["rotator",] if each.kind == kind]


def rules(declaration: Declaration, namespace: str) -> list[dict[str, Any]]:
    roles = [each for each in made(declaration, "Role") if each.namespace == namespace]
    return [rule for role in roles for rule in cast("Any", role.content)["rules"]]


def test_it_may_change_the_rotated_secrets_and_their_readers_alone() -> None:
    assert rules(stack(), "cortex-mcp") == [
        {
            "apiGroups": ("",),
            "resources": ("secrets",),
            "verbs": ("get", "patch"),
            "resourceNames": ("made", "of-others"),
        },
        {"apiGroups": ("",), "resources": ("events",), "verbs": ("create",)},
        {"apiGroups": ("",), "resources": ("pods",), "verbs": ("list",)},
        {
            "apiGroups": ("apps",),
            "resources": ("deployments",),
            "verbs": ("get", "patch"),
            "resourceNames": ("time-mcp-server",),
        },
    ]


def test_it_may_neither_create_nor_delete_a_secret() -> None:
    found = [rule for space in ("cortex-mcp", "cortex-system") for rule in rules(stack(), space)]
    secrets = [rule for rule in found if "secrets" in rule["resources"]]
    assert all(set(rule["verbs"]) == {"get", "patch"} and rule["resourceNames"] for rule in secrets)
    assert not made(stack(), "ClusterRole")
    assert not made(stack(), "ClusterRoleBinding")


def test_it_reads_the_token_of_a_server_that_it_asks() -> None:
    bearer = {"authorization": {"bearer": {"secret": "plain", "key": "token"}}}
    reader = {**TIME, **bearer, "secrets": [{"name": "made", "env": {"KEY": "key"}}]}
    asked = rules(stack(servers={"time": reader}), "cortex-mcp")
    assert {"apiGroups": ("",), "resources": ("secrets",), "verbs": ("get",), "resourceNames": ("plain",)} in asked
    other = stack(servers={"time": {**TIME, **bearer}})
    assert "plain" not in str(rules(other, "cortex-mcp"))


def test_of_secrets_that_nothing_reads_it_needs_no_pods() -> None:
    found = rules(stack(servers={"talos": TALOS}), "cortex-mcp")
    assert [rule["resources"] for rule in found] == [("secrets",), ("events",)]


def test_only_servers_that_it_asks_admit_it() -> None:
    admitting = [
        each.name for each in build(stack()) if each.kind == "NetworkPolicy" and "cortex-rotator" in str(each.content)
    ]
    assert sorted(admitting) == ["cortex-rotator", "time-mcp-server", TIME_OWNER.client(rotator_client().labels)]


def test_its_pods_reach_the_api_and_nobody_reaches_them() -> None:
    (policy,) = made(stack(), "NetworkPolicy")
    spec = cast("Any", policy.content)["spec"]
    assert (spec["podSelector"], spec["ingress"]) == ({"matchLabels": {"app": "cortex-rotator"}}, ())
    assert [port["port"] for rule in spec["egress"] for port in rule["ports"]] == [443, 6443]


def test_one_restricted_pod_runs_at_a_time_and_a_failed_one_is_not_repeated_at_once() -> None:
    (cron_job,) = made(stack(), "CronJob")
    spec = cast("Any", cron_job.content)["spec"]
    job = spec["jobTemplate"]["spec"]
    pod = job["template"]["spec"]
    assert (spec["schedule"], spec["concurrencyPolicy"], job["backoffLimit"]) == ("17 3 * * *", "Forbid", 0)
    assert violations(pod) == []
    assert pod["serviceAccountName"] == "cortex-rotator"
    assert pod["containers"][0]["command"] == ("cortex", "secrets", "rotate-due", "--in-cluster")


def test_no_deployment_declares_what_is_made_in_the_cluster() -> None:
    secrets = {each.name: each for each in build(stack()) if each.kind == "Secret"}
    assert set(secrets) == {"cortex-rotation", "made"}
    assert "data" not in secrets["cortex-rotation"].made()
    assert "data" not in secrets["made"].document()
    assert secrets["made"].made()["data"] == {"key": HIDDEN}
