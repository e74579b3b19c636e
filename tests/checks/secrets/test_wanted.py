"""What a verification expects of Secrets, by where they come from."""

import pytest

from checks.secrets.wanted import wanted_secrets
from tests.checks.world import Json, declared

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
