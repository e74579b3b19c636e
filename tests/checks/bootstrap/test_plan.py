"""The plan: what it refuses, one sentence each, and its published schema."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from checks.bootstrap import schema
from checks.bootstrap.plan import Plan
from checks.bootstrap.plan_file import read_plan
from checks.errors import UsageError
from tests.conftest import ROOT

VM = {"cores": 2, "memory": 2048, "disk": 10}
SMALL = {"cores": 1, "memory": 1024, "disk": 10}


def node(name: str, number: int, vm: dict[str, int] = VM, **changes: Any) -> dict[str, Any]:
    return {"name": name, "address": f"10.0.0.{number}", "vm": vm, **changes}


def plan(**changes: Any) -> dict[str, Any]:
    document = {
        "cluster": "prod",
        "endpoint": "https://10.0.0.10:6443",
        "talos": {"version": "1.9.3", "installer": "registry.test/installer:v1.9.3", "kubernetes": "1.32.0"},
        "controlPlanes": [node("cp-1", 11)],
        "workers": [node("worker-1", 21, SMALL)],
        "proxmox": {
            "url": "https://pve.test:8006",
            "node": "pve1",
            "storage": "local-lvm",
            "iso": "local:iso/talos.iso",
            "tokenVariable": "PROXMOX_TOKEN",
        },
        "keys": {"recipient": "age1" + "q" * 58, "identityFile": "age.key"},
        "stack": "test",
    }
    return {**document, **changes}


def read(tmp_path: Path, document: object) -> Plan:
    file = tmp_path / "plan.yaml"
    file.write_text(yaml.safe_dump(document))
    return read_plan(file)


def refused(tmp_path: Path, document: object) -> list[str]:
    with pytest.raises(UsageError) as error:
        read(tmp_path, document)
    return str(error.value).splitlines()


def test_the_least_machines_are_enough(tmp_path: Path) -> None:
    assert not [*read(tmp_path, plan()).warnings()]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"cluster": "Prod_1"}, "cluster: 'Prod_1' is not a DNS label: "),
        ({"endpoint": "10.0.0.10:6443"}, "endpoint: '10.0.0.10:6443' is not an https URL of a host: "),
        ({"workers": [node("worker-1", 11)]}, "2 nodes have the address 10.0.0.11: each needs its own"),
        ({"workers": [node("cp-1", 21)]}, "2 nodes have the name cp-1: each needs its own"),
        ({"workers": [node("w", 21, address="ten")]}, "node w: 'ten' is not an IP address: "),
        ({"workers": [node("w", 21, {**SMALL, "memory": 512})]}, "node w: 512 MiB of memory are too few: Talos needs"),
        (
            {"workers": [node("w", 21, {**SMALL, "disk": 5})]},
            "node w: 5 GiB of disk are too few: Talos needs at least 10",
        ),
        (
            {"controlPlanes": [node("cp-1", 11, SMALL | {"memory": 2048})]},
            "node cp-1: 1 cores are too few: Talos needs",
        ),
        ({"controlPlanes": []}, "controlPlanes: needs at least one entry"),
        ({"nodes": []}, "nodes: is not a known setting: "),
        ({"keys": {"recipient": "AGE-SECRET-KEY-1", "identityFile": "k"}}, "is not an age recipient: "),
    ],
)
def test_a_wrong_plan_is_refused_in_one_sentence(tmp_path: Path, changes: dict[str, Any], sentence: str) -> None:
    (line,) = refused(tmp_path, plan(**changes))
    assert line.startswith("plan.yaml: ")
    assert sentence in line


def test_each_fault_has_its_own_line(tmp_path: Path) -> None:
    workers = [node("w", 11, {"cores": 1, "memory": 1, "disk": 1})]
    assert len(refused(tmp_path, plan(workers=workers))) == 3


def test_an_even_number_of_control_plane_nodes_is_a_warning(tmp_path: Path) -> None:
    (warning,) = read(tmp_path, plan(controlPlanes=[node("cp-1", 11), node("cp-2", 12)])).warnings()
    assert warning.startswith("controlPlanes: 2 nodes are an even number")


def test_a_file_that_is_not_a_plan(tmp_path: Path) -> None:
    assert refused(tmp_path, "plan") == ["plan.yaml: must be a mapping of settings"]
    with pytest.raises(UsageError, match="cannot read the plan"):
        read_plan(tmp_path / "none.yaml")


def test_a_made_mac_address_is_locally_administered_and_lasts(tmp_path: Path) -> None:
    known = read(tmp_path, plan())
    assert known.mac(known.nodes[0]) == read(tmp_path, plan()).mac(known.nodes[0])
    assert known.mac(known.nodes[0]).startswith("02:")


def test_stack_and_registry_can_change_later(tmp_path: Path) -> None:
    known = read(tmp_path, plan()).digest()
    assert read(tmp_path, plan(stack="other", registry="r.json")).digest() == known
    assert read(tmp_path, plan(endpoint="https://10.0.0.9:6443")).digest() != known


def test_the_committed_schema_is_current() -> None:
    made = "run: python -m checks.bootstrap.schema > docs/bootstrap-plan.schema.json"
    assert (ROOT / "docs" / "bootstrap-plan.schema.json").read_text() == schema.schema(), made
