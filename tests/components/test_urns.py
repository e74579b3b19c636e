"""The engine knows a resource by its URN: another name or parent makes it delete the object and make it anew.

Where one must change, give the resource `aliases` (see the docstring of `components`) and renew the list:
`python -m tests.components.test_urns`.
"""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from stacks.program import deploy
from tests.components.full import SECRETS, WORKLOADS, full
from tests.components.recording import MINIMAL, Recording, record

KNOWN = Path(__file__).with_name("urns.txt")


RULES = [{"resources": ["pods"], "verbs": ["get"]}]
ELSEWHERE: Mapping[str, object] = {
    "existingNamespaces": ["default"],
    "secrets": {
        key: {"name": "creds", "namespace": space, "keys": {"token": {"pulumi": "shared-token"}}}
        for key, space in (("here", "cortex-mcp"), ("there", "default"))
    },
    "servers": {
        "demo": {
            **MINIMAL,
            "namespace": "default",
            "kubernetes": {
                "clusterRoles": ["view", "a"],
                "rules": RULES,
                "clusterRules": RULES,
                "namespaces": ["default"],
            },
        },
        "bare": {**MINIMAL, "kubernetes": {"rules": RULES, "clusterRole": "view", "everywhere": True}},
    },
    "manifests": {
        "a.yaml": [
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "extra", "namespace": space}, "data": {}}
            for space in ("cortex-mcp", "default")
        ],
        "b.yaml": [{"apiVersion": "example.test/v1", "kind": "Widget", "metadata": {"name": "first"}}],
    },
}
"""What lies in namespaces of others, is in two namespaces under one name, or is granted to servers."""


def listed() -> str:
    chosen = (
        full(workloads=WORKLOADS),
        full(resourceManager={"scope": "cluster", "token": "legacy"}),
        full(**ELSEWHERE),
    )
    recordings = [record(partial(deploy, declaration), SECRETS) for declaration in chosen]
    return "".join(f"{urn}\n" for urn in sorted({urn for one in recordings for urn in urns(one)}))


def urns(recording: Recording) -> list[str]:
    """Give the part of each URN that the program decides: the types from the outermost parent, and the name."""
    found = []
    for resource in recording.resources:
        types = resource.parent.split("::")[2].split("$") if resource.parent else []
        # The engine leaves the stack's own type out.
        above = "".join(f"{kind}$" for kind in types if kind != "pulumi:pulumi:Stack")
        found.append(f"{above}{resource.type}::{resource.name}")
    return found


def test_urns_are_the_known_ones() -> None:
    assert listed().splitlines() == KNOWN.read_text(encoding="utf-8").splitlines()


def test_urns_are_unique() -> None:
    for declaration in (full(workloads=WORKLOADS), full(**ELSEWHERE)):
        found = urns(record(partial(deploy, declaration), SECRETS))
        assert len(set(found)) == len(found)


if __name__ == "__main__":
    KNOWN.write_text(listed(), encoding="utf-8")
