"""A stack whose secrets a key service protects, or a passphrase of its own: both are deployed, and can be changed."""

import json
from collections.abc import Iterator

import pytest
import yaml

from tests.conftest import Cluster
from tests.leaks import seeding
from tests.leaks.canary import canary, leaks
from tests.leaks.seeding import UP, Deployed, kept
from tests.leaks.vault import TOKEN, Vault, serve

pytestmark = pytest.mark.live

KEY = "hashivault://cortex"
PASSPHRASE = "local"
"""That of the embedded cluster, which all other tests use."""


@pytest.fixture
def vault() -> Iterator[Vault]:
    with serve() as vault:
        yield vault


def access(deployed: Deployed, **env: str) -> Cluster:
    there = deployed.project.there
    others = {key: value for key, value in there.env.items() if key != "PULUMI_CONFIG_PASSPHRASE"}
    return Cluster(there.name, {**others, **env}, there.root)


def change(there: Cluster, provider: str) -> None:
    there.run("pulumi", "stack", "change-secrets-provider", provider, "--stack", "local")


def settings(there: Cluster) -> dict[str, str]:
    found: dict[str, str] = yaml.safe_load((there.root / "Pulumi.local.yaml").read_text())
    return found


def provider(deployed: Deployed) -> dict[str, object]:
    state = json.loads((deployed.state / "state/.pulumi/stacks/cortex/local.json").read_text())
    found: dict[str, object] = state["checkpoint"]["latest"]["secrets_providers"]
    return found


def test_secrets_move_to_a_key_service_whose_key_is_rotated_and_to_a_passphrase(
    deployed: Deployed, vault: Vault
) -> None:
    env = {"VAULT_ADDR": vault.address, "VAULT_TOKEN": TOKEN}
    change(access(deployed, PULUMI_CONFIG_PASSPHRASE=PASSPHRASE, **env), KEY)
    served = access(deployed, **env)
    assert settings(served)["secretsprovider"] == KEY
    assert "encryptionsalt" not in settings(served)
    assert provider(deployed)["type"] == "cloud"

    another = canary("another")
    seeding.configure(served, "key", another.value)
    served.run(*UP)
    assert leaks([another, *deployed.canaries.values()], kept(deployed.state)) == {}

    wrapped = settings(served)["encryptedkey"]
    vault.rotate()
    change(served, KEY)
    assert settings(served)["encryptedkey"] != wrapped
    vault.retire()
    served.run("pulumi", "preview", "--stack", "local", "--expect-no-changes")

    refused = access(deployed, **{**env, "VAULT_TOKEN": "another"})
    done = refused.run("pulumi", "preview", "--stack", "local", check=False)
    assert done.returncode != 0
    assert "permission denied" in done.stdout + done.stderr

    change(access(deployed, PULUMI_CONFIG_PASSPHRASE=PASSPHRASE, **env), "passphrase")
    assert provider(deployed)["type"] == "passphrase"
    access(deployed, PULUMI_CONFIG_PASSPHRASE=PASSPHRASE).run(
        "pulumi", "preview", "--stack", "local", "--expect-no-changes"
    )
    wrong = access(deployed, PULUMI_CONFIG_PASSPHRASE="another")
    done = wrong.run("pulumi", "preview", "--stack", "local", check=False)
    assert "incorrect passphrase" in done.stdout + done.stderr
    assert leaks([another, *deployed.canaries.values()], kept(deployed.state)) == {}
