"""Which changes replace the object."""

from __future__ import annotations

import pytest

from provider.kinds import Kind
from provider.replacement import forces_replacement
from provider.settings import Settings

DEPLOYMENT, SECRET, POD = Kind("apps", "v1", "Deployment"), Kind("", "v1", "Secret"), Kind("", "v1", "Pod")


@pytest.mark.parametrize(
    ("kind", "path", "replaced"),
    [
        (DEPLOYMENT, ("metadata", "name"), True),
        (DEPLOYMENT, ("metadata", "namespace"), True),
        (DEPLOYMENT, ("metadata", "labels", "name"), False),
        (DEPLOYMENT, ("spec", "selector", "matchLabels", "a"), True),
        (DEPLOYMENT, ("spec", "selectors"), False),
        (DEPLOYMENT, ("spec", "replicas"), False),
        (SECRET, ("data", "a"), True),
        (SECRET, ("type",), True),
        (Kind("example.com", "v1", "Secret"), ("data", "a"), False),
        (POD, ("spec", "containers", 0, "image"), True),
        (POD, ("spec", "tolerations", 1), False),
        (POD, ("metadata", "labels", "spec"), False),
        (Kind("", "v1", "PersistentVolume"), ("spec", "hostPath", "path"), True),
        (Kind("", "v1", "PersistentVolume"), ("spec", "capacity", "storage"), False),
        (POD, ("spec", "containers", 0, "command", 1), True),
        (Kind("rbac.authorization.k8s.io", "v1", "RoleBinding"), ("roleRef", "name"), True),
    ],
)
def test_which_fields_cannot_change_in_place(kind: Kind, path: tuple[str | int, ...], *, replaced: bool) -> None:
    assert forces_replacement(kind, path, Settings(), {}) is replaced


def test_contents_change_in_place_if_the_settings_say_so() -> None:
    mutable = Settings(secret_mutable=True)
    assert not forces_replacement(SECRET, ("stringData", "a"), mutable, {})
    assert forces_replacement(SECRET, ("data", "a"), mutable, {"immutable": True})
    assert forces_replacement(SECRET, ("type",), mutable, {})
    assert forces_replacement(Kind("", "v1", "ConfigMap"), ("data", "a"), mutable, {})
