"""Faults in the names of workloads, and in what names them."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import Settings, Wrong, ids, refused

DB: Settings = {"image": "registry.test/db:1", "port": 5432}
TAKEN = "is a name that the cluster or the stack uses itself: choose another"
WRONG: Wrong = [
    ({"workloads.default": DB}, f"workloads.default: {TAKEN}"),
    ({"workloads.mcp-server": DB}, f"workloads.mcp-server: {TAKEN}"),
    (
        {"workloads.DB": DB},
        "workloads.DB: 'DB' is not a workload's name: use at most 52 of a-z, 0-9 and '-', begin with a letter, "
        "end with a letter or digit",
    ),
    (
        {"workloads.db": {**DB, "clients": [{"server": "clok"}]}},
        "workloads.db.clients.0.server: server 'clok' is not declared: did you mean 'clock'? Otherwise "
        "add it under cortex:servers, or name a namespace and labels",
    ),
    (
        {"servers.clock.clients": [{"workload": "gate"}]},
        "servers.clock.clients.0.workload: workload 'gate' is not declared: "
        "add it under cortex:workloads, or name a namespace and labels",
    ),
    (
        {"workloads.db": {**DB, "clients": [{"server": "clock", "namespace": "cortex-mcp"}]}},
        "workloads.db.clients.0: give exactly one of namespace, server and workload",
    ),
    (
        {"workloads.db": {**DB, "egress": [{"workload": "gate", "ports": [80]}]}},
        "workloads.db.egress.0.workload: is not a known setting: "
        "name this under clients of that workload, which opens both sides",
    ),
    (
        {"workloads.db": {**DB, "transport": "http"}},
        "workloads.db.transport: is not a known setting: "
        "only MCP servers have it: remove it, or declare this under servers",
    ),
    (
        {"workloads.allow-dns": DB},
        "workloads.allow-dns: NetworkPolicy cortex-mcp/allow-dns is an object of namespaces.cortex-mcp, too: "
        "choose another name",
    ),
    (
        {"workloads.db": {**DB, "namespace": "data"}},
        "workloads.db.namespace: namespace 'data' is not declared: "
        "add it under cortex:namespaces, or use one of cortex-mcp, cortex-system",
    ),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_a_fault_is_one_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
