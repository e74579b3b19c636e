"""The connection of a kubeconfig: its key leaves no file."""

import json
import tempfile
from pathlib import Path

import pytest

from checks import private_folder
from checks.kube.connection import from_kubeconfig
from checks.kube.credentials import Means
from tests.checks.kubeconfigs.certificates import b64, certificate_user, kubeconfig, pair


def test_a_client_key_is_in_memory_for_a_moment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, disk = tmp_path / "memory", tmp_path / "disk"
    for folder in (memory, disk):
        folder.mkdir()
    monkeypatch.setattr(private_folder, "MEMORY", memory)
    monkeypatch.setattr(tempfile, "tempdir", str(disk))
    made = pair()
    cluster = {"server": "https://127.0.0.1:1", "certificate-authority-data": b64(made.certificate)}
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(kubeconfig(cluster, certificate_user(made))))
    # The kubernetes package would take the files of the first time again.
    for _ in range(2):
        found = from_kubeconfig("test", file)
        assert (found.tls is not None, found.authority) == (True, made.certificate)
        assert [*memory.iterdir(), *disk.iterdir()] == []
        credential = found.credential()
        assert (credential.means, credential.expires is not None) == (Means.CERTIFICATE, True)
