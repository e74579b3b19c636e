"""A stack with a secret for each way in which a value comes into a deployment."""

import base64
import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import Cluster
from tests.leaks.canary import Canary, canary, leaks
from tests.leaks.sampling import Sample
from tests.stacks.changing import Project
from tests.stacks.strategies import Settings

UP = ("pulumi", "up", "--stack", "local", "--yes", "--skip-preview")
SPACE = "cortex-mcp"
FILE = "secret.txt"
HOOK = "https://hooks.test/"
PULUMI = ("variable", "mounted", "key", "webhook")
"""Ways through Pulumi's encrypted configuration; each is the name of its secret there."""
OTHERS = ("existing", "fetched")
"""Ways through a Secret that others make: an administrator, and the External Secrets operator."""

_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Deployed:
    """A deployed stack with secrets, and what its first update showed."""

    project: Project
    canaries: Mapping[str, Canary]
    printed: str
    log: str
    sample: Sample

    @property
    def state(self) -> Path:
        """The folder in which Pulumi keeps its state, backups, history and logs."""
        return self.project.there.folder / "pulumi"

    def leaks(self, texts: Mapping[str, str]) -> Mapping[str, list[str]]:
        return leaks(self.canaries.values(), texts)


def seeded() -> Mapping[str, Canary]:
    """Return a new secret for each way."""
    return {way: canary(way) for way in (*PULUMI, "file", *OTHERS)}


def declaration(project: Project) -> Settings:
    """Declare the server `time` of the committed stack with all these secrets, and nothing that needs a real node."""
    settings = project.declared()
    for part in ("verifier", "resourceManager", "kubeStateMetrics"):
        settings.pop(part)
    settings["namespaces"] = {name: settings["namespaces"][name] for name in (SPACE, "cortex-system")}
    server = settings["servers"]["time"]
    settings["servers"] = {"time": server}
    # A played pod pulls no image, and none is built.
    server["image"] = settings["agent"]["image"] = "registry.test/image:1"
    server["secretEnv"] = {"VARIABLE": "variable"}
    server["secretFiles"] = {"mounted": "mounted"}
    server["secrets"] = [{"name": name, "mount": f"/secrets/{name}"} for name in ("own", *OTHERS)]
    settings["cluster"]["customResources"] = ["ExternalSecret"]
    settings["secrets"] = {
        "own": {"namespace": SPACE, "keys": {"key": {"pulumi": "key"}, "file": {"file": FILE}}},
        "existing": {"namespace": SPACE, "existing": ["value"]},
        "fetched": {"namespace": SPACE, "external": {"store": "vault", "keys": {"value": "path"}}},
        "alerts": {"namespace": "cortex-system", "keys": {"address": {"pulumi": "webhook"}}},
    }
    settings["agent"]["webhooks"] = {"alerts": {"secret": "alerts", "key": "address"}}
    return settings


def configure(there: Cluster, key: str, value: str) -> None:
    """Give a value to a secret of Pulumi's configuration."""
    there.run("pulumi", "config", "set", "--secret", f"secrets:{key}", "--stack", "local", given=value)


def declare(project: Project, canaries: Mapping[str, Canary]) -> None:
    """Declare the stack, and bring in the secrets that a deployment reads."""
    project.declare(declaration(project))
    project.write(FILE, canaries["file"].value)
    for way in PULUMI:
        configure(project.there, way, (HOOK if way == "webhook" else "") + canaries[way].value)


def make_others(cluster: Cluster, canaries: Mapping[str, Canary]) -> None:
    """Make the Secrets that others make, and play the operator, as soon as the update has made the ExternalSecret."""
    there = ("kubectl", "--namespace", SPACE)
    cluster.run(*there, "wait", "--for=create", "--timeout=300s", "externalsecret/fetched")
    for way in OTHERS:
        data = {"value": base64.b64encode(canaries[way].value.encode()).decode()}
        metadata = {"name": way, "namespace": SPACE}
        document = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": data}
        cluster.run("kubectl", "create", "-f", "-", given=json.dumps(document))
    status = json.dumps({"status": {"conditions": [{"type": "Ready", "status": "True"}]}})
    cluster.run(*there, "patch", "externalsecret/fetched", "--subresource=status", "--type=merge", "--patch", status)


def kept(folder: Path) -> Mapping[str, str]:
    """Return the texts of all files of a folder but the plugins, also of those that are compressed."""
    texts = {}
    for file in folder.rglob("*"):
        if file.is_file() and "plugins" not in file.parts:
            content = file.read_bytes()
            texts[str(file)] = (gzip.decompress(content) if content.startswith(_GZIP) else content).decode("latin-1")
    return texts
