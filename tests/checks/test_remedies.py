"""Each code, and each finding, says who puts it right, and names the command that does."""

import pytest

from checks.catalogue import HINTS, catalogue, finding
from checks.findings import Ref, Remedy
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
    assert "kubectl -n NAMESPACE delete KIND NAME" in finding("object.undeclared", claim, "", remedy=Remedy.PERSON).hint
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
