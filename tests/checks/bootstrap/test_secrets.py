"""The secrets of a cluster: encrypted on the disk, and what is made of them for a node."""

from pathlib import Path

import pyrage
import pytest
import yaml

from checks.bootstrap.secrets import ClusterSecrets, for_node, load, save
from checks.errors import UncheckedError
from checks.kubeconfigs.encryption import Key

MADE = ClusterSecrets("very-secret: control plane", "very-secret: talosconfig")


def made() -> Key:
    identity = pyrage.x25519.Identity.generate()
    return Key(identity, str(identity.to_public()))


def test_they_are_read_with_their_key_alone(tmp_path: Path) -> None:
    file, key = tmp_path / "secrets.age", made()
    assert load(file, key) is None
    save(MADE, file, key)
    assert b"very-secret" not in file.read_bytes()
    assert "very-secret" not in repr(MADE)
    assert load(file, key) == MADE
    with pytest.raises(UncheckedError, match="cannot be decrypted with the private key of the plan"):
        load(file, made())


def test_a_node_gets_its_name() -> None:
    made = yaml.safe_load(for_node("machine: {type: worker, network: {mtu: 1400}}", "w"))
    assert made["machine"]["network"] == {"mtu": 1400, "hostname": "w"}
    newer = "machine: {type: worker}\n---\nkind: HostnameConfig\nauto: stable\n"
    first, second = yaml.safe_load_all(for_node(newer, "w"))
    assert first == {"machine": {"type": "worker"}}
    assert second == {"kind": "HostnameConfig", "hostname": "w"}
