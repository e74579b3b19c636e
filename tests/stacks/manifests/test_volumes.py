"""The variables of a server's container."""

from stacks.manifests.volumes import variables
from stacks.model.owner import SERVERS, Owner
from stacks.model.server import Server

SERVER = {"image": "registry.example/a:1", "version": "1", "transport": "http", "capabilities": {"a": ["b"]}}


def names(**settings: object) -> list[object]:
    server = Server.model_validate({**SERVER, **settings})
    return [variable["name"] for variable in variables(Owner(SERVERS, "time"), server) if isinstance(variable, dict)]


def test_a_variable_comes_after_those_that_it_refers_to() -> None:
    env = {"A": "$(B)/$(SECRET)", "B": "$(C)", "C": "c", "D": "$(NOWHERE)", "E": {"fieldRef": "metadata.name"}}
    assert names(env=env, secretEnv={"SECRET": "key"}) == ["C", "D", "E", "SECRET", "B", "A"]


def test_variables_that_refer_to_each_other_come_last() -> None:
    assert names(env={"A": "$(B)", "B": "$(A)", "C": "$(C)"}) == ["C", "A", "B"]
