"""Check that the pods of an MCP server have the labels and annotations by which clients discover it."""

from checks.kube import models as k8s
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.workloads.pods import Live
from stacks.manifests.labels import annotations, labels
from stacks.model.owner import Owner
from stacks.model.workload import Workload


def check_labels(builder: ResultBuilder, owner: Owner, server: Workload, domain: str, live: Live) -> None:
    """Check each pod of a server. What the template itself lacks is reported once, for the Deployment."""
    template = live.deployment.spec.template.metadata
    wanted = _in_both(labels(owner, server), template.labels)
    notes = _in_both(annotations(owner, server, domain), template.annotations)
    for pod in live.selected(owner):
        ref = Ref("Pod", pod.metadata.name, pod.metadata.namespace)
        _differs(builder, "server.label", ref, "label", wanted, pod.metadata.labels)
        _differs(builder, "server.annotation", ref, "annotation", notes, pod.metadata.annotations)


def _differs(builder: ResultBuilder, code: str, ref: Ref, what: str, declared: k8s.Text, live: k8s.Text) -> None:
    for key, value in declared.items():
        fault = "has another value" if key in live else "is missing"
        builder.equal(code, ref, f"the {what} {key} {fault}", value, live.get(key), Remedy.REPAIR)


def _in_both(declared: dict[str, str], template: dict[str, str]) -> dict[str, str]:
    return {key: value for key, value in declared.items() if template.get(key) == value}
