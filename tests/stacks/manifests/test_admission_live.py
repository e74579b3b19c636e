"""What the components render, before a live API server: it admits all of it, strictly and pods included."""

import time

import pytest
from hypothesis import Phase, given, settings

from provider.errors import ApiError
from stacks.model.declaration import Declaration
from stacks.program import deploy
from tests.components.full import SECRETS, full
from tests.components.golden import rendered
from tests.components.recording import record
from tests.conftest import Cluster
from tests.stacks.admission import Admission, Manifest, objects, pod
from tests.stacks.strategies import UNHURRIED, Settings, declarations

pytestmark = pytest.mark.live

# Pods are admitted only where these are.
KEPT = ("Namespace", "ResourceQuota", "LimitRange", "ServiceAccount")
CUSTOM = ("CiliumNetworkPolicy", "ExternalSecret", "PrometheusRule", "ServiceMonitor")


def refusals(admission: Admission, found: list[Manifest]) -> dict[str, str]:
    """Send all objects, and the pods that they would bring; give the refusals by object."""
    refused = {}
    for kind in KEPT:
        for manifest in found:
            if manifest["kind"] == kind:
                admission.keep(manifest)
    for manifest in found:
        if manifest["kind"] == "ResourceQuota":
            wait_for_quota(admission, manifest["metadata"]["namespace"])
    for manifest in found:
        for sent in filter(None, (manifest if manifest["kind"] not in KEPT else None, pod(manifest))):
            try:
                admission.try_out(sent)
            except ApiError as error:
                refused[f"{sent['kind']} of {manifest['kind']} {manifest['metadata']['name']}"] = str(error)
    return refused


def wait_for_quota(admission: Admission, namespace: str) -> None:
    deadline = time.monotonic() + 30
    while not admission.quota(namespace):
        assert time.monotonic() < deadline, f"the quota of {namespace} is still not counted"
        time.sleep(0.05)


# The same examples in every run; a smaller one than that which was refused would take the cluster minutes to find.
@settings(UNHURRIED, max_examples=25, derandomize=True, phases=[Phase.generate])
@given(stack=declarations())
def test_any_declaration_is_admitted(admission: Admission, stack: Settings) -> None:
    found = list(objects(rendered(Declaration.model_validate(stack))))
    assert refusals(admission, found) == {}


def test_custom_resources_are_accepted_whole(admission: Admission, custom_resources: Cluster) -> None:
    found = list(objects(record(lambda: deploy(full()), SECRETS)))
    for space in (one for one in found if one["kind"] == "Namespace"):
        admission.keep(space)
    sent = [one for one in found if one["kind"] in CUSTOM]
    assert {one["kind"] for one in sent} == set(CUSTOM)
    for one in sent:
        live = admission.keep(one)
        # Nothing was dropped on the way, and nothing added.
        assert live["spec"] == one["spec"]
        assert live["metadata"]["uid"]


@pytest.mark.parametrize("kind", CUSTOM)
def test_the_definitions_refuse_what_they_do_not_know(kind: str, admission: Admission) -> None:
    one = next(one for one in objects(record(lambda: deploy(full()), SECRETS)) if one["kind"] == kind)
    with pytest.raises(ApiError, match=r"spec\.misspelt: field not declared in schema"):
        admission.try_out({**one, "spec": {**one["spec"], "misspelt": True}})
