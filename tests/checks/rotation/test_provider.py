"""Who provides a Secret of a stack, which key changes, and who reads it."""

import pytest

from checks.errors import UsageError
from checks.rotation.provider import Provider, chosen_key, every, find, pulumi_key, readers, require_changeable, sharing
from stacks.model.declaration import Declaration
from tests.checks.world import SETTINGS, declared

TIME = {
    **SETTINGS["servers"]["time"],
    "secretEnv": {"TOKEN": "token", "OTHER": "other"},
    "secrets": [{"name": "shared", "mount": "/shared"}, {"name": "theirs", "mount": "/theirs"}],
}
NAMESPACE = {"namespace": "cortex-mcp"}


@pytest.fixture
def declaration() -> Declaration:
    keys = {"a": {"pulumi": "token"}, "b": {"file": "b.txt"}, "c": {"literal": "c"}}
    return declared(
        cluster={**SETTINGS["cluster"], "customResources": ["ExternalSecret"]},
        servers={"time": TIME},
        secrets={
            "shared": {**NAMESPACE, "name": "shared-creds", "keys": keys},
            "theirs": {**NAMESPACE, "existing": ["token"]},
            "fetched": {**NAMESPACE, "external": {"store": "vault", "keys": {"a": "path"}}},
            "fetched-too": {"namespace": "cortex-system", "name": "fetched", "existing": ["a"]},
        },
    )


def test_each_secret_has_its_provider(declaration: Declaration) -> None:
    found = {str(one.place.name): one.provider for one in every(declaration) if one.place.namespace == "cortex-mcp"}
    assert found == {
        "shared-creds": Provider.PULUMI,
        "theirs": Provider.EXISTING,
        "fetched": Provider.EXTERNAL,
        "time-mcp-credentials": Provider.PULUMI,
    }


@pytest.mark.parametrize("name", ["shared", "shared-creds"])
def test_a_secret_is_found_by_name_and_by_key(declaration: Declaration, name: str) -> None:
    assert find(declaration, name).place == ("cortex-mcp", "shared-creds")


def test_the_name_in_two_namespaces_needs_one(declaration: Declaration) -> None:
    with pytest.raises(UsageError, match="choose one of cortex-mcp, cortex-system with -n"):
        find(declaration, "fetched")
    assert find(declaration, "fetched", "cortex-system").provider is Provider.EXISTING


def test_an_unknown_name_is_refused_with_a_hint(declaration: Declaration) -> None:
    with pytest.raises(UsageError, match=r"'their'.*theirs"):
        find(declaration, "their")


def test_the_only_changeable_key_need_not_be_named(declaration: Declaration) -> None:
    assert chosen_key(find(declaration, "shared"), "") == "a"
    with pytest.raises(UsageError, match="has the keys OTHER, TOKEN: choose one with --key"):
        chosen_key(find(declaration, "time-mcp-credentials"), "")
    with pytest.raises(UsageError, match="has no key 'x'"):
        chosen_key(find(declaration, "shared"), "x")


@pytest.mark.parametrize(("key", "said"), [("b", "the content of b.txt"), ("c", "written in the stack file")])
def test_a_value_of_the_project_is_refused(declaration: Declaration, key: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        pulumi_key(find(declaration, "shared"), key)


def test_a_value_of_a_store_is_refused(declaration: Declaration) -> None:
    with pytest.raises(UsageError, match="fetched from the store vault"):
        require_changeable(find(declaration, "fetched", "cortex-mcp"))


def test_all_that_share_a_pulumi_secret_are_rotated(declaration: Declaration) -> None:
    shared = find(declaration, "shared")
    assert [one.place.name for one in sharing(declaration, shared, "a")] == ["shared-creds", "time-mcp-credentials"]
    assert [owner.path for owner in readers(declaration, shared, "a")] == ["servers.time"]
