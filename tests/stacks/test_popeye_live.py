"""popeye, a linter of live clusters that others wrote, finds nothing in the deployed stack but what is meant so."""

import json
import re
import subprocess
from collections.abc import Collection, Mapping
from pathlib import Path

import pytest
import yaml

from tests.conftest import Cluster

pytestmark = pytest.mark.live

WARNING = 2
MEANT = {
    "kubernetes-mcp-server POP-301": "it works with the Kubernetes API, by declaration",
    "kube-state-metrics POP-301": "it reads the cluster's objects",
    "kube-state-metrics POP-1109": "one pod is enough: metrics of a second would count everything twice",
    "cortex-verify POP-301": "it reads the cluster's objects",
    "cortex-agent POP-301": "it reads the cluster's objects",
    "cortex-resource-manager POP-1200": "its policy is for pods that users start, not the stack",
}
"""What of an object's name comes before the hash, and the code → why it is right as it is."""
OF_THE_MOMENT = {
    "POP-108": "use of a container while it is looked at",
    "POP-109": "use of a container while it is looked at",
    "POP-110": "use of a container while it is looked at",
    "POP-207": "a verification that another test made fail",
    "POP-1502": "the schedule, which may not have come yet",
    "POP-1503": "a verification that another test made fail",
    "cortex-verify POP-202": "a verification that is just starting",
    "cortex-verify POP-203": "a verification that is just starting",
    "cortex-verify POP-204": "a verification that is just starting",
}


def warnings(stack: Cluster, popeye: Path, namespaces: Collection[str]) -> dict[str, str]:
    """Give popeye's warnings and errors about objects in these namespaces: `object code` → message."""
    # Given one namespace it would miss the pods of others that policies name.
    command = [str(popeye), "--all-namespaces", "--out", "json", "--logs", "none", "--force-exit-zero"]
    done = subprocess.run(command, env=stack.env, capture_output=True, text=True, check=True)
    # The client's own warnings of deprecated kinds come first.
    report = json.loads(done.stdout[done.stdout.index('{"popeye"') :])["popeye"]
    found = {}
    for section in report["sections"]:
        for path, issues in (section.get("issues") or {}).items():
            namespace, _, name = path.partition("/")
            for issue in issues if namespace in namespaces else ():
                code, message = re.fullmatch(r"\[(POP-\d+)\] (.*)", issue["message"]).groups()  # type: ignore[union-attr]
                what = f"{_stable(name)} {code}"
                if issue["level"] >= WARNING and not {code, what} & OF_THE_MOMENT.keys():
                    found[what] = message
    return found


def _stable(name: str) -> str:
    """Cut off what a controller adds to a name."""
    return re.sub(r"(-[0-9a-f]{7,10}|-[0-9]{8})?(-[a-z0-9]{5})?$", "", name)


def test_nothing_but_what_is_meant(stack: Cluster, checkers: Mapping[str, Path]) -> None:
    stack.run("kubectl", "wait", "--for=condition=Available", "--timeout=300s", "deployments", "--all", "-A")
    declared = yaml.safe_load((stack.root / "Pulumi.local.yaml").read_text())["config"]["cortex:namespaces"]
    found = warnings(stack, checkers["popeye"], declared)
    assert {what: message for what, message in found.items() if what not in MEANT} == {}
    assert {what for what in MEANT if what not in found} == set()
