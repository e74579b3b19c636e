"""What a verification expects of Secrets, by where they come from."""

import pytest

from checks.secrets.wanted import Place, read_through_the_api, wanted_secrets
from tests.checks.world import SETTINGS, Json, declared

PULL = "kubernetes.io/dockerconfigjson"
KEY = ".dockerconfigjson"


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ({"keys": {KEY: {"pulumi": "pull"}}}, "Opaque"),
        ({"keys": {KEY: {"pulumi": "pull"}}, "type": PULL}, PULL),
        ({"existing": [KEY]}, None),
        ({"existing": [KEY], "type": PULL}, PULL),
    ],
)
def test_type_is_the_declared_one_unless_whoever_makes_it_may_choose(source: Json, kind: str | None) -> None:
    declaration = declared(secrets={"pull": {"namespace": "cortex-mcp", **source}})
    types = {secret.place.name: secret.type for secret in wanted_secrets(declaration)}
    assert types["pull"] == kind


def test_token_of_a_verification_is_read_through_the_api() -> None:
    bearer = {"bearer": {"secret": "time-token", "key": "token"}}
    time = {**SETTINGS["servers"]["time"], "authorization": bearer}
    secret = {"namespace": "cortex-mcp", "existing": ["token"]}
    declaration = declared(servers={"time": time}, secrets={"time-token": secret})
    assert ("Secret", Place("cortex-mcp", "time-token")) in read_through_the_api(declaration)
