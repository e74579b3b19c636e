"""Each code, and each finding, says who puts it right, and names the command that does."""

import pytest

from checks.results.catalogue import HINTS, catalogue, finding, for_stack
from checks.results.result import CLUSTER, Ref, Remedy
from tests.checks.world import World, declared

COMMANDS = {Remedy.PULUMI: "`pulumi up --refresh --stack STACK`", Remedy.REPAIR: "`cortex repair STACK`"}
SERVER = ("deployments", "cortex-mcp", "time-mcp-server")


@pytest.fixture
def world() -> World:
    return World(declared())


def test_every_hint_names_the_command_of_its_remedy() -> None:
    hints = [(e.code, *one) for e in catalogue().values() for one in {e.remedy: e.hint, **e.otherwise}.items()]
    wrong = [(code, hint) for code, remedy, hint in hints if COMMANDS.get(remedy, "") not in hint]
    assert wrong == []
    assert [code for code, remedy, hint in hints if remedy is not Remedy.REPAIR and "cortex repair" in hint] == []


def test_a_finding_with_another_remedy_has_the_hint_of_that() -> None:
    claim = Ref("PersistentVolumeClaim", "stray", "cortex-mcp")
    assert finding("object.undeclared", claim, "").hint == catalogue()["object.undeclared"].hint
    told = finding("object.undeclared", claim, "", remedy=Remedy.PERSON).hint
    assert f"`kubectl -n {claim.namespace} delete persistentvolumeclaim {claim.name}`" in told
    assert finding("object.field", claim, "", remedy=Remedy.REPAIR).hint == HINTS[Remedy.REPAIR]


@pytest.mark.parametrize(
    ("path", "value", "remedy"),
    [
        ("image", "other:1", Remedy.PULUMI),
        ("securityContext", {"runAsGroup": 0}, Remedy.REPAIR),
        ("env", [{"name": "DRIFT", "value": "1"}], Remedy.REPAIR),
    ],
)
def test_pulumi_puts_back_what_is_declared_and_a_repair_takes_away_what_is_not(
    world: World, path: str, value: object, remedy: Remedy
) -> None:
    container = world.one(*SERVER)["spec"]["template"]["spec"]["containers"][0]
    container[path] = {**container[path], **value} if isinstance(value, dict) else value
    found = [one for one in world.findings() if path in one.message]
    assert [one.remedy for one in found] == [remedy]


def test_commands_of_a_hint_can_be_run_as_they_are() -> None:
    pod = finding("container.restarts", Ref("Pod", "time-1", "cortex-mcp"), "")
    assert "`kubectl -n cortex-mcp logs time-1 --previous`" in pod.hint
    missing = for_stack(finding("object.missing", Ref("Service", "time", "cortex-mcp"), ""), "prod")
    assert missing.hint == "deploy the stack (`pulumi up --refresh --stack prod`)"


def test_only_commands_are_addressed_and_only_about_an_object() -> None:
    quota = finding("quota.undeclared", Ref("ResourceQuota", "more", "cortex-mcp"), "")
    assert "cortex:namespaces.NAME.quota" in quota.hint
    cluster = finding("metrics.pods-failed", Ref(CLUSTER, "prod"), "")
    assert "`kubectl -n NAMESPACE delete pod NAME`" in cluster.hint
