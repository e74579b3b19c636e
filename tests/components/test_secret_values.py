from collections.abc import Mapping
from pathlib import Path

import pulumi
import pytest
from pulumi.runtime import set_all_config
from pulumi.runtime.rpc import UNKNOWN

from components import secret_values
from stacks.model.declaration import Declaration
from tests.components.recording import Recording, declared, record

SERVERS = {"demo": {"secretEnv": {"TOKEN": "demo-token"}, "secretFiles": {"ca.pem": "demo-ca"}}}


def with_secret(**keys: Mapping[str, str]) -> Declaration:
    return declared({"secrets": {"talos-config": {"namespace": "cortex-mcp", "keys": keys}}})


def exported(
    declaration: Declaration, root: Path, config: Mapping[str, str] | None = None, *, preview: bool = False
) -> Recording:
    """Record a program that exports every value under its name."""

    def program() -> None:
        values = secret_values.read(declaration, root)
        for group in (values.servers, values.secrets):
            for named in group.values():
                for name, value in named.items():
                    pulumi.export(name, value)

    return record(program, config, preview=preview)


def test_values_of_servers_are_read_by_key_and_stay_secret(tmp_path: Path) -> None:
    config = {"secrets:demo-token": "hunter2", "secrets:demo-ca": "pem"}
    recording = exported(declared(**SERVERS), tmp_path, config)
    assert recording.secret_outputs == {"TOKEN", "ca.pem"}
    assert recording.outputs == {"TOKEN": "hunter2", "ca.pem": "pem"}


def test_declared_secrets_come_from_pulumi_files_and_literals_and_are_all_secret(tmp_path: Path) -> None:
    (tmp_path / "mounted").mkdir()
    (tmp_path / "mounted" / "ca.pem").write_bytes(b"-----\r\n")
    declaration = with_secret(token={"pulumi": "t"}, ca={"file": "mounted/ca.pem"}, url={"literal": "https://x"})
    recording = exported(declaration, tmp_path, {"secrets:t": "hunter2"})
    assert recording.outputs == {"token": "hunter2", "ca": "-----\r\n", "url": "https://x"}
    assert recording.secret_outputs == {"token", "ca", "url"}


def test_every_missing_value_has_its_sentence(tmp_path: Path) -> None:
    declaration = declared(
        {"secrets": {"talos-config": {"namespace": "cortex-mcp", "keys": {"talosconfig": {"pulumi": "talos"}}}}},
        one={"secretEnv": {"TOKEN": "one-token"}},
        two={"secretFiles": {"ca.pem": "two-ca"}},
    )
    with pytest.raises(pulumi.RunError) as raised:
        exported(declaration, tmp_path)
    assert str(raised.value).splitlines() == [
        "secrets:one-token is not set, and the MCP server 'one' needs it for TOKEN: "
        "run `pulumi config set --secret secrets:one-token`",
        "secrets:two-ca is not set, and the MCP server 'two' needs it for ca.pem: "
        "run `pulumi config set --secret secrets:two-ca`",
        "secrets:talos is not set, and the Secret 'talos-config' needs it for talosconfig: "
        "run `pulumi config set --secret secrets:talos`",
    ]


def test_missing_file_is_told_with_its_path(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError) as raised:
        exported(with_secret(ca={"file": "mounted/ca.pem"}), tmp_path)
    assert str(raised.value) == (
        "the file mounted/ca.pem cannot be read (No such file or directory), and the Secret 'talos-config' needs it "
        "for ca: put it there, or name another in cortex:secrets"
    )


def test_file_that_is_no_text_is_told_without_its_content(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"hunter2\xff")
    with pytest.raises(pulumi.RunError) as raised:
        exported(with_secret(ca={"file": "key"}), tmp_path)
    assert str(raised.value) == (
        "the file key is not UTF-8 text, and the Secret 'talos-config' needs it for ca: "
        "encode it, for instance with base64"
    )


def test_preview_does_without_values_and_warns(tmp_path: Path) -> None:
    declaration = with_secret(token={"pulumi": "t"}, ca={"file": "ca.pem"})
    recording = exported(declaration, tmp_path, preview=True)
    assert [warning.partition(", and ")[0] for warning in recording.warnings] == [
        "secrets:t is not set",
        "the file ca.pem cannot be read (No such file or directory)",
    ]
    assert "run `pulumi config set --secret secrets:t`; `pulumi up` will refuse" in recording.warnings[0]
    assert recording.outputs == {"token": UNKNOWN, "ca": UNKNOWN}


@pytest.mark.parametrize("preview", [False, True])
def test_secret_in_the_clear_is_refused_without_showing_it(tmp_path: Path, preview: bool) -> None:
    declaration = declared(demo={"secretEnv": {"TOKEN": "demo-token"}})

    def program() -> None:
        set_all_config({"secrets:demo-token": "hunter2"}, [])
        secret_values.read(declaration, tmp_path)

    with pytest.raises(pulumi.RunError) as raised:
        record(program, preview=preview)
    assert str(raised.value) == (
        "secrets:demo-token of the MCP server 'demo' is plain text in the stack file: "
        "run `pulumi config set --secret secrets:demo-token`"
    )


@pytest.mark.parametrize("salt", [secret_values.PUBLIC_SALT, "v1:another"])
@pytest.mark.parametrize("environment", ["production", "local"])
def test_secrets_under_the_public_passphrase_are_refused_except_on_the_embedded_cluster(
    tmp_path: Path, salt: str, environment: str
) -> None:
    cluster = {"context": "x", "environment": environment}
    declaration = declared({"cluster": cluster}, demo={"secretEnv": {"TOKEN": "demo-token"}})
    (tmp_path / "Pulumi.prod.yaml").write_text(f"config: {{}}\nencryptionsalt: {salt}\n")

    def program() -> None:
        secret_values.require_own_passphrase(declaration, "prod", tmp_path)

    if (salt, environment) != (secret_values.PUBLIC_SALT, "production"):
        assert record(program).warnings == []
        return
    sentence = (
        "the passphrase of Pulumi.prod.yaml is public, and the stack has secrets: "
        "run `pulumi stack change-secrets-provider --stack prod passphrase`"
    )
    with pytest.raises(pulumi.RunError) as raised:
        record(program)
    assert str(raised.value) == sentence
    assert record(program, preview=True).warnings == [f"{sentence}; `pulumi up` will refuse to begin"]


def test_a_stack_without_secrets_may_have_the_public_passphrase(tmp_path: Path) -> None:
    declaration = with_secret(url={"literal": "https://x"})
    (tmp_path / "Pulumi.dev.yaml").write_text(f"config: {{}}\nencryptionsalt: {secret_values.PUBLIC_SALT}\n")
    assert record(lambda: secret_values.require_own_passphrase(declaration, "dev", tmp_path)).warnings == []
