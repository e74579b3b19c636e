"""Faults between parts of a declaration."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from stacks.loader import load
from tests.stacks.wrong import MONITORING, REMOVED, SETTINGS, VALID, Wrong, changed, ids, lines, refused

MOVES = "can become another image: in production, write a fixed tag or a digest"
WRONG: Wrong = [
    (
        {"namespaces.cortex-system": REMOVED},
        "namespaces.cortex-system: is missing: declare it, because the declaration is stored there",
    ),
    (
        {"namespaces.kube-system": {"component": "x", "description": "x"}},
        "namespaces.kube-system: belongs to Kubernetes: to use it without owning it, name it in existingNamespaces; "
        "otherwise choose another name, for instance cortex-kube-system",
    ),
    (
        {"namespaces.default": {"component": "x", "description": "x"}},
        "namespaces.default: belongs to Kubernetes: to use it without owning it, name it in existingNamespaces; "
        "otherwise choose another name, for instance cortex-default",
    ),
    (
        {"existingNamespaces": ["cortex-mcp"]},
        "existingNamespaces: 'cortex-mcp' is under cortex:namespaces, too: remove it here or there",
    ),
    (
        {"existingNamespaces": ["default", "default"]},
        "existingNamespaces: names 'default' twice: remove one",
    ),
    (
        {"cluster.environment": "prod-eu", "servers.clock.image": "registry.test/time:latest"},
        f"servers.clock.image: 'registry.test/time:latest' {MOVES}",
    ),
    (
        {"servers.clock.image": "registry.test/time"},
        f"servers.clock.image: 'registry.test/time' {MOVES}",
    ),
    (
        {"servers.clock.image": "localhost:5000/time:latest"},
        f"servers.clock.image: 'localhost:5000/time:latest' {MOVES}",
    ),
    ({"verifier": {"image": "registry.test/c:latest"}}, f"verifier.image: 'registry.test/c:latest' {MOVES}"),
    (
        {**MONITORING, "kubeStateMetrics": {"image": "registry.test/ksm"}},
        f"kubeStateMetrics.image: 'registry.test/ksm' {MOVES}",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]


def test_the_unchanged_settings_are_valid(tmp_path: Path) -> None:
    document = {"config": {f"cortex:{key}": value for key, value in VALID.items()}}
    (tmp_path / "Pulumi.prod.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    assert list(load("prod", tmp_path).servers) == ["clock"]


def test_every_fault_between_parts_has_its_line(tmp_path: Path) -> None:
    changes = {"servers.clock.namespace": "a", "servers.clock.kubernetes": {"namespaces": ["b"]}}
    found = lines(changed({**changes, "namespaces.kube-x": {"component": "x", "description": "x"}}), tmp_path)
    assert [line.partition(": ")[0] for line in found] == [
        "namespaces.kube-x",
        "servers.clock.namespace",
        "servers.clock.kubernetes.namespaces",
    ]


def test_a_declaration_that_its_config_map_cannot_hold_is_refused(tmp_path: Path) -> None:
    (line,) = lines(changed({"configMaps.settings": {**SETTINGS, "data": {"A": "a" * 2**20}}}), tmp_path)
    assert re.fullmatch(
        r"configMaps: with them the declaration is 105\d{4} bytes long, and its ConfigMap cortex-declaration takes "
        "1048576: shorten texts here or in servers",
        line,
    )
