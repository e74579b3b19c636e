"""Which versions fit."""

import pytest

from checks.talos.versions import fits, kubernetes_range, minor


@pytest.mark.parametrize(
    ("version", "declared", "expected"),
    [
        ("v1.9.3", "1.9.3", True),
        ("v1.9.3", "1.9.x", True),
        ("v1.9.30", "1.9.3", False),
        ("v1.10.0", "1.1.x", False),
        ("v1.10.0-beta.1", "1.10.x", True),
        ("v1.9.3", "1.10.x", False),
    ],
)
def test_declared_version(version: str, declared: str, expected: bool) -> None:
    assert fits(version, declared) == expected


@pytest.mark.parametrize(
    ("talos", "expected"),
    [("v1.6.7", (24, 29)), ("v1.9.0", (27, 32)), ("v1.5.1", (0, 28)), ("main", None), ("v2.0.0", None)],
)
def test_range_of_kubernetes(talos: str, expected: tuple[int, int] | None) -> None:
    assert kubernetes_range(talos) == expected


def test_minor_release() -> None:
    assert (minor("v1.34.4"), minor("1.29.0+k3s1"), minor("kwok-0.7.0")) == (34, 29, None)
