"""The live API server admits what people really run: all objects strictly, and the pods that they bring."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provider.errors import ApiError
from stacks.manifests.build import build
from stacks.manifests.manifest import Hidden
from tests.conftest import Cluster
from tests.real_world.cases import CASES, loaded
from tests.stacks.admission import PREFIX, Admission, pod

pytestmark = pytest.mark.live

KEPT = ("Namespace", "ServiceAccount")
"""Kinds without which the others are refused."""
DEFINITIONS = Path(__file__).with_name("custom_resources.yaml")
SANDBOX = {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "gvisor"}, "handler": "runsc"}


@pytest.fixture(scope="module")
def admission(custom_resources: Cluster) -> Iterator[Admission]:
    custom_resources.run("kubectl", "apply", "--server-side", "-f", str(DEFINITIONS))
    custom_resources.run("kubectl", "wait", "--for=condition=Established", "--timeout=30s", "-f", str(DEFINITIONS))
    admission = Admission(custom_resources.kubeconfig)
    admission.keep(SANDBOX)
    yield admission
    custom_resources.run("kubectl", "delete", "runtimeclass", "gvisor")
    custom_resources.run("kubectl", "delete", "namespace", "--selector", PREFIX)
    custom_resources.run(
        "kubectl", "delete", "serviceaccount", "--namespace", "default", "--selector", "app=mcp-server"
    )
    custom_resources.run("kubectl", "delete", "-f", str(DEFINITIONS))


def plain(value: Any) -> Any:
    """Put something in the place of what is hidden."""
    if isinstance(value, Hidden):
        return "aGlkZGVu"
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("case", CASES)
def test_everything_is_admitted(case: str, admission: Admission, tmp_path: Path) -> None:
    declaration = loaded(case, tmp_path)
    for name in declaration.existing_namespaces:
        if name != "default":
            admission.keep(namespace(name))
    for one in declaration.running().values():
        if one.service_account and one.service_account.existing:
            admission.keep(account(one.namespace, str(one.service_account.name)))
    documents = [moved(plain(manifest.document())) for manifest in build(declaration)]
    for kind in KEPT:
        for document in (document for document in documents if document["kind"] == kind):
            admission.keep(document)
    refused = {}
    for document in documents:
        for sent in filter(None, (document if document["kind"] not in KEPT else None, pod(document))):
            try:
                admission.try_out(sent)
            except ApiError as error:
                refused[f"{sent['kind']} of {document['kind']} {document['metadata']['name']}"] = str(error)
    assert refused == {}


def namespace(name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {PREFIX: "test"}}}


def account(space: str, name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": space}}


def moved(document: dict[str, Any]) -> dict[str, Any]:
    """Move an object out of namespaces that other tests of the run use."""
    metadata, own = document["metadata"], {"cortex-mcp", "cortex-system"}
    if document["kind"] == "Namespace":
        labels = {**metadata["labels"], PREFIX: "test"}
        name = f"{PREFIX}-{metadata['name']}" if metadata["name"] in own else metadata["name"]
        return {**document, "metadata": {**metadata, "name": name, "labels": labels}}
    if metadata.get("namespace") in own:
        return {**document, "metadata": {**metadata, "namespace": f"{PREFIX}-{metadata['namespace']}"}}
    return document
