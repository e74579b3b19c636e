"""Compare the manifests of a check with the live objects, field by field, and find undeclared fields."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from checks.drift.codes import codes
from checks.drift.diff import differences, leaves, without_items
from checks.drift.implicit_fields import with_implicit_fields
from checks.drift.managed_fields import foreign, has_managed_fields, replicas_manager
from checks.drift.remedy import remedy
from checks.drift.routing import manifests
from checks.kube.reading import ReadFailure, Reason
from checks.kube.resources import RARE, RESOURCES, Document
from checks.plain_text import shortened
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.results.result import Value as Shown
from checks.snapshot.snapshot import Snapshot
from stacks.manifests.files import is_from_file
from stacks.manifests.manifest import HIDDEN, Hidden, Manifest, Value
from stacks.model import names
from stacks.model.declaration import Declaration

REPLICAS = "server.replicas"
"""The code of an MCP server's number of replicas that is not as declared."""
_REPLICAS = "spec.replicas"


def compare(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot, check: str) -> None:
    """Compare the manifests of a check, given by its name, with the live objects."""
    for manifest in manifests(declaration, check):
        if manifest.namespace and not snapshot.has_namespace(manifest.namespace):
            # Reported once, as namespace.missing.
            builder.skipped(manifest.namespace)
        elif (live := builder.use(snapshot.find(manifest))) is not None:
            compare_object(builder, manifest, live.value)


def compare_object(builder: ResultBuilder, manifest: Manifest, live: Document | None) -> None:
    """Compare a manifest with the live object, which is None if it does not exist."""
    family, ref = codes(manifest), Ref(manifest.kind, manifest.name, manifest.namespace)
    if live is None and manifest.name == names.DECLARATION_CONFIG_MAP:
        # Reported once, as declaration.missing.
        builder.skipped(ref.space)
        return
    if live is None:
        builder.fault(family.missing, ref, f"the {manifest.kind} does not exist", expected="present", actual="absent")
        return
    # A namespace has a code of its own, namespace.terminating.
    if manifest.kind != "Namespace" and (since := _deleted(live)):
        message = f"the {manifest.kind} has been terminating since {since}"
        builder.fault("object.terminating", ref, message, expected="present", actual="being deleted")
        return
    found = list(faults(manifest, live))
    differing = sum(not fault.foreign for fault in found)
    builder.passed(max(sum(1 for _ in leaves(_comparable(manifest))) - differing, 0), ref.space)
    for fault in found:
        expected, actual = shown(fault.expected), shown(fault.actual)
        builder.fault(fault.code, ref, fault.message, expected=expected, actual=actual, remedy=fault.remedy)
    if not has_managed_fields(live):
        # Reported once for each kind, since managedFields are not cleared object by object.
        message = f"an object of kind {manifest.kind} has no managedFields, which record who set each field"
        builder.unknown(f"look for undeclared fields of {manifest.kind} objects", Reason.FAILED, message)


@dataclass(frozen=True)
class Fault:
    """A field of a live object that is not as declared, or that is undeclared (`foreign`)."""

    code: str
    path: tuple[str, ...]
    message: str
    expected: Value
    actual: Value
    remedy: Remedy
    foreign: bool = False


def faults(manifest: Manifest, live: Document) -> Iterator[Fault]:
    """Yield the differences between a manifest and the live object, then the undeclared fields."""
    family, declared = codes(manifest), _comparable(manifest)
    reported = []
    for difference in differences(declared, live, known=_is_known(manifest)):
        reported.append(without_items(difference.path))
        state = "is missing" if difference.actual is None else "is undeclared"
        fault = "is not as declared" if None not in (difference.expected, difference.actual) else state
        message = f"{difference.place} {fault}"
        code, cure = family.of(difference.place), remedy(manifest, difference)
        if difference.place == _REPLICAS and (manager := replicas_manager(live)) is not None:
            # The autoscaler would change the number again after a deployment.
            message, cure = f"{message}: {manager} set it for a HorizontalPodAutoscaler", Remedy.PERSON
        yield Fault(code, difference.path, message, difference.expected, difference.actual, cure)
    for field in foreign([*leaves(declared), *reported], live):
        message = f"{field.place} was set by {field.manager}"
        code = field.code(manifest.kind)
        yield Fault(code, field.path, message, None, field.manager, Remedy.REPAIR, foreign=True)


def _deleted(live: Document) -> str:
    return cast("dict[str, str]", live["metadata"]).get("deletionTimestamp", "")


def is_as_declared(snapshot: Snapshot, manifest: Manifest) -> bool:
    """Return whether the live object of a manifest is known to be as declared."""
    reading = snapshot.find(manifest)
    if isinstance(reading, ReadFailure) or reading.value is None:
        return False
    return not any(differences(_comparable(manifest), reading.value, known=_is_known(manifest)))


def _is_known(manifest: Manifest) -> bool:
    """Return whether it is of a kind of which it is known what it means to omit a field."""
    kind = RESOURCES.get(manifest.kind)
    if is_from_file(manifest) and manifest.kind in RARE:
        return False
    return kind is not None and kind.prefix in (f"api/{manifest.api_version}", f"apis/{manifest.api_version}")


def _comparable(manifest: Manifest) -> dict[str, Value]:
    """Return the fields to compare. Group, kind and name are those under which the object was requested."""
    if manifest.name == names.DECLARATION_CONFIG_MAP:
        # The check `declaration` compares its data; here the data only has to exist.
        return {"metadata": {"labels": manifest.labels}, "data": HIDDEN}
    metadata = {"labels": manifest.labels, "annotations": manifest.annotations}
    fields = {key: value for key, value in metadata.items() if value}
    content = manifest.content if is_from_file(manifest) else with_implicit_fields(manifest)
    return {**content, "metadata": fields}


def shown(value: Value) -> Shown:
    """Return a value as a report shows it: text and numbers unchanged, anything else as short JSON."""
    if isinstance(value, Hidden):
        return value.value
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str, separators=(",", ":"))
    return shortened(text)
