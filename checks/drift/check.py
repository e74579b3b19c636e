"""Is every field that the stack declares as declared, and did anybody set one that it does not declare?"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from checks.drift.codes import codes
from checks.drift.diff import differences, leaves, plain, refreshable
from checks.drift.implicit_fields import sealed
from checks.drift.managed_fields import foreign, owned, scaler
from checks.drift.routing import objects
from checks.kube.reading import ReadFailure, Reason
from checks.kube.resources import Document
from checks.plain_text import shortened
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.results.result import Value as Shown
from checks.snapshot.snapshot import Snapshot
from stacks.manifests.manifest import HIDDEN, Hidden, Manifest, Value
from stacks.model import names
from stacks.model.declaration import Declaration

REPLICAS = "server.replicas"
"""The code of another number of replicas than declared."""
_KEYS = frozenset({"containerPort", "mountPath", "port", "protocol"})
"""By which server-side apply tells the items of a Service's or container's `ports` and of `volumeMounts` apart."""


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot, result: str) -> None:
    """Compare the declared objects of a row with the live ones, field by field."""
    for obj in objects(declaration, result):
        if obj.namespace and not snapshot.has_namespace(obj.namespace):
            # Reported once, as namespace.missing.
            builder.skipped(obj.namespace)
        elif (live := builder.use(snapshot.find(obj))) is not None:
            _object(builder, obj, live.value)


def _object(builder: ResultBuilder, obj: Manifest, live: Document | None) -> None:
    family, ref = codes(obj), Ref(obj.kind, obj.name, obj.namespace)
    if live is None and obj.name == names.DECLARATION_CONFIG_MAP:
        # Reported once, as declaration.missing.
        builder.skipped(ref.space)
        return
    if live is None:
        builder.fault(family.missing, ref, f"the {obj.kind} does not exist", expected="present", actual="absent")
        return
    if obj.kind != "Namespace" and (since := _deleted(live)):  # a namespace has a code of its own
        message = f"the {obj.kind} is being deleted since {since}"
        builder.fault("object.terminating", ref, message, expected="present", actual="being deleted")
        return
    found = list(faults(obj, live))
    differing = sum(not fault.foreign for fault in found)
    builder.passed(max(sum(1 for _ in leaves(_comparable(obj))) - differing, 0), ref.space)
    for fault in found:
        expected, actual = shown(fault.expected), shown(fault.actual)
        builder.fault(fault.code, ref, fault.message, expected=expected, actual=actual, remedy=fault.remedy)
    if not owned(live):
        # Once a kind: who cleared them did not do so object by object.
        message = f"an object of kind {obj.kind} has no managedFields, which say who set what"
        builder.unknown(f"look for undeclared fields of {obj.kind} objects", Reason.FAILED, message)


@dataclass(frozen=True)
class Fault:
    """A field of a live object that is not as declared, or that somebody else set (`foreign`)."""

    code: str
    path: tuple[str, ...]
    message: str
    expected: Value
    actual: Value
    remedy: Remedy
    foreign: bool = False


def faults(obj: Manifest, live: Document) -> Iterator[Fault]:
    """Compare a declared object with the live one, then look for fields that somebody else set."""
    family, declared = codes(obj), _comparable(obj)
    said = []
    for difference in differences(declared, live):
        said.append(plain(difference.path))
        state = "is missing" if difference.actual is None else "is undeclared"
        fault = "is not as declared" if None not in (difference.expected, difference.actual) else state
        message = f"{difference.place} {fault}"
        seen = _rendered(obj, difference.path) and refreshable(difference.expected, difference.actual)
        remedy = Remedy.PULUMI if seen and not _identifying(difference.path) else Remedy.REPAIR
        code = family.of(difference.place)
        if code == REPLICAS and (who := scaler(live)) is not None:
            # A deployment would set it back, and the autoscaler again.
            message, remedy = f"{message}: a HorizontalPodAutoscaler has {who} set it", Remedy.PERSON
        yield Fault(code, difference.path, message, difference.expected, difference.actual, remedy)
    # What differs from the declaration was said above, whoever did it.
    for field in foreign([*leaves(declared), *said], live):
        message = f"{field.place} was set by {field.manager}"
        yield Fault(field.code(obj.kind), field.path, message, None, field.manager, Remedy.REPAIR, foreign=True)


def _identifying(path: tuple[str, ...]) -> bool:
    """Check whether the field is the key of a list's item: an apply would add an item beside the changed one."""
    return path[-1] in _KEYS and len(path) > 1 and path[-2].startswith("[")


def _rendered(obj: Manifest, path: tuple[str, ...]) -> bool:
    """Check whether a deployment writes the field: what only a comparison takes for empty it leaves as it is."""
    value: Value = obj.document()
    for part in path:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list):
            named = (one for one in value if isinstance(one, Mapping) and f"[{one.get('name')}]" == part)
            value = next(named, value[int(part[1:-1])] if part[1:-1].isdecimal() else None)
        else:
            return isinstance(value, Hidden)
    return value is not None


def _deleted(live: Document) -> str:
    return cast("dict[str, str]", live["metadata"]).get("deletionTimestamp", "")


def holds(snapshot: Snapshot, obj: Manifest) -> bool:
    """Tell whether a declared object is known to be as declared."""
    reading = snapshot.find(obj)
    if isinstance(reading, ReadFailure) or reading.value is None:
        return False
    return not any(differences(_comparable(obj), reading.value))


def _comparable(obj: Manifest) -> dict[str, Value]:
    """Give the fields to compare; the API server answered for group, kind and names already."""
    if obj.name == names.DECLARATION_CONFIG_MAP:
        # Its content has a row of its own: whatever it is, it is there.
        return {"metadata": {"labels": obj.labels}, "data": HIDDEN}
    metadata = {"labels": obj.labels, "annotations": obj.annotations}
    return {**sealed(obj), "metadata": {key: value for key, value in metadata.items() if value}}


def shown(value: Value) -> Shown:
    """Give a value as a report has it: a text or number as it is, the rest as short JSON."""
    if isinstance(value, Hidden):
        return value.value
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, default=str, separators=(",", ":"))
    return shortened(text)
