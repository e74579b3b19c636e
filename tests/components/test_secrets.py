import pulumi
import pytest
from pulumi.runtime import set_all_config

from components import secrets
from tests.components.recording import declared, record


def test_values_are_read_by_key_and_stay_secret() -> None:
    servers = declared(demo={"secretEnv": {"TOKEN": "demo-token"}, "secretFiles": {"ca.pem": "demo-ca"}}).servers

    def program() -> None:
        values = secrets.read(servers)["demo"]
        assert list(values) == ["TOKEN", "ca.pem"]
        for name, value in values.items():
            pulumi.export(name, value)

    recording = record(program, {"secrets:demo-token": "hunter2", "secrets:demo-ca": "pem"})
    assert set(recording.secret_outputs) == {"TOKEN", "ca.pem"}
    assert recording.outputs == {"TOKEN": "hunter2", "ca.pem": "pem"}


def test_every_missing_secret_has_its_sentence() -> None:
    servers = declared(one={"secretEnv": {"TOKEN": "one-token"}}, two={"secretFiles": {"ca.pem": "two-ca"}}).servers
    with pytest.raises(pulumi.RunError) as raised:
        record(lambda: secrets.read(servers))
    assert str(raised.value).splitlines() == [
        "secrets:one-token is not set, and the MCP server 'one' needs it for TOKEN: "
        "run `pulumi config set --secret secrets:one-token`",
        "secrets:two-ca is not set, and the MCP server 'two' needs it for ca.pem: "
        "run `pulumi config set --secret secrets:two-ca`",
    ]


def test_secret_in_the_clear_is_refused_without_showing_it() -> None:
    servers = declared(demo={"secretEnv": {"TOKEN": "demo-token"}}).servers

    def program() -> None:
        set_all_config({"secrets:demo-token": "hunter2"}, [])
        secrets.read(servers)

    with pytest.raises(pulumi.RunError) as raised:
        record(program)
    assert str(raised.value) == (
        "secrets:demo-token of the MCP server 'demo' is in the stack file in the clear: "
        "run `pulumi config set --secret secrets:demo-token`"
    )
