"""Faults in where pods may connect to."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stacks.wrong import Wrong, ids, refused

EGRESS = "servers.clock.egress"
NO_NAME = "is not a DNS name: write for instance api.example.com, or *.example.com for each name one level below it"
ONE = f"{EGRESS}.0: give exactly one of cidrs, dnsNames and namespace"


def named(name: str) -> dict[str, object]:
    return {EGRESS: [{"dnsNames": [name], "ports": [443]}]}


WRONG: Wrong = [
    *((named(name), f"{EGRESS}.0.dnsNames.0: {name!r} {NO_NAME}") for name in ("192.0.2.1", "*", "a*.example.com")),
    *((named(name), f"{EGRESS}.0.dnsNames.0: {name!r} {NO_NAME}") for name in ("https://example.com", "example.com.")),
    ({EGRESS: [{"ports": [443]}]}, ONE),
    ({EGRESS: [{"cidrs": ["192.0.2.0/24"], "dnsNames": ["example.com"], "ports": [443]}]}, ONE),
    ({EGRESS: [{"namespace": "media", "dnsNames": ["example.com"], "ports": [443]}]}, ONE),
]


@pytest.mark.parametrize(("changes", "line"), WRONG, ids=ids(WRONG))
def test_wrong_settings_get_their_line(
    changes: Mapping[str, object], line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert refused(changes, tmp_path, monkeypatch) == [line]
