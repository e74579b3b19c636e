"""What a plan refers to: its stack, the token of Proxmox, and the keys."""

from pathlib import Path
from typing import Any

import pyrage
import pytest
import yaml

from checks.bootstrap.plan_file import Planned, read_planned, read_token
from checks.bootstrap.secrets import read_key
from checks.errors import UsageError
from stacks.errors import DeclarationError
from tests.checks.bootstrap.test_plan import plan
from tests.checks.cli.project import LIGHT


def planned(folder: Path, talos: dict[str, Any] | None = None, **changes: Any) -> Planned:
    settings = {**LIGHT, **({"talos": talos} if talos else {})}
    config = {f"cortex:{key}": value for key, value in settings.items()}
    (folder / "Pulumi.test.yaml").write_text(yaml.safe_dump({"config": config}))
    (folder / "plan.yaml").write_text(yaml.safe_dump(plan(**changes)))
    return read_planned(folder / "plan.yaml", folder)


@pytest.mark.parametrize(
    ("talos", "fault"),
    [
        ({"port": 50001}, "talos.port 50001, and the plan says 50000"),
        ({"context": "other"}, "talos.context other, and the plan says prod"),
        ({"controlPlanes": 3}, "talos.controlPlanes 3, and the plan says 1"),
    ],
)
def test_a_stack_of_another_cluster_is_refused(tmp_path: Path, talos: dict[str, Any], fault: str) -> None:
    with pytest.raises(UsageError) as error:
        planned(tmp_path, talos)
    assert str(error.value) == f"plan.yaml: stack test declares {fault}: correct one of them"


def test_a_stack_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeclarationError, match="no stack 'other'"):
        planned(tmp_path, stack="other")


def test_the_declared_stack_gets_the_place_of_the_talos_api(tmp_path: Path) -> None:
    known = planned(tmp_path)
    assert known.declaration.talos is None
    talos = known.on_talos().talos
    assert talos is not None
    assert (talos.context, talos.port) == ("prod", 50000)


@pytest.mark.parametrize("text", ["", "very-secret", "cortex@pve=very-secret", "cortex@pve!name="])
def test_what_is_not_a_token_is_refused_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("PROXMOX_TOKEN", text)
    with pytest.raises(UsageError) as error:
        read_token(planned(tmp_path))
    assert str(error.value) == ("proxmox: variable PROXMOX_TOKEN has no API token: write it as USER@REALM!NAME=SECRET")


def test_a_token_does_not_show_its_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROXMOX_TOKEN", "cortex@pve!name=very-secret")
    token = read_token(planned(tmp_path))
    assert (token.user, token.name, token.secret) == ("cortex@pve", "name", "very-secret")
    assert "very-secret" not in repr(token)


def test_the_private_key_has_to_be_that_of_the_recipient(tmp_path: Path) -> None:
    first, second = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    keys = {"recipient": str(first.to_public()), "identityFile": "age.key"}
    file = tmp_path / "age.key"
    with pytest.raises(UsageError, match=r"there is no .*age\.key: make it with `age-keygen -o "):
        read_key(planned(tmp_path, keys=keys))
    file.touch(mode=0o600)
    for text, sentence in (
        ("# empty\n", r"keys\.identityFile: the key file .* has no private key"),
        (f"{second}\n", "is not that of the recipient"),
    ):
        file.write_text(text)
        with pytest.raises(UsageError, match=sentence) as error:
            read_key(planned(tmp_path, keys=keys))
        assert "AGE-SECRET" not in str(error.value)
    file.write_text(f"# made today\n{second}\n{first}\n")
    assert read_key(planned(tmp_path, keys=keys)).public == keys["recipient"]
    file.chmod(0o644)
    with pytest.raises(UsageError, match=r"keys\.identityFile: .* has mode 0644, so others can read or write it"):
        read_key(planned(tmp_path, keys=keys))
