"""Is everything else that the stack declares as declared, and is nothing of ours there that nobody declares?"""

from collections.abc import Iterator, Mapping
from typing import cast

from checks.findings import Ref, Row
from checks.judges import drift
from checks.judges.rows import OBJECTS
from checks.kinds import CLUSTER_WIDE, NAMESPACED, Document
from checks.snapshot import Snapshot
from checks.tally import Tally
from stacks import names
from stacks.model import Declaration
from stacks.objects import Value, declared


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Judge the objects that no other row judges, and look for undeclared ones."""
    tally = Tally(OBJECTS, "Other objects")
    drift.judge(tally, declaration, snapshot, OBJECTS)
    _undeclared(tally, declaration, snapshot)
    return tally.row()


def _undeclared(tally: Tally, declaration: Declaration, snapshot: Snapshot) -> None:
    known = {(obj.kind, obj.namespace, obj.name) for obj in declared(declaration)}
    for kind, namespace in _places(declaration):
        if (reading := tally.use(snapshot.objects.of(kind, namespace))) is None:
            continue
        strangers = [
            (name, document)
            for name, document in reading.value.items()
            if (kind, namespace, name) not in known and _suspicious(kind, name, document)
        ]
        tally.passed(not strangers, namespace)
        for name, document in strangers:
            code = "network.undeclared" if kind == "NetworkPolicy" else "object.undeclared"
            message = f"the stack does not declare this {kind}"
            by = _metadata(document, "labels").get(names.COMPONENT)
            tally.fault(
                code, Ref(kind, name, namespace), message, expected="absent", actual=drift.shown(by) or "present"
            )


def _places(declaration: Declaration) -> Iterator[tuple[str, str]]:
    for kind in CLUSTER_WIDE:
        if kind != "Namespace":  # has a code of its own
            yield kind, ""
    for kind in NAMESPACED:
        yield from ((kind, space) for space in declaration.namespaces)


def _suspicious(kind: str, name: str, document: Document) -> bool:
    """Tell whether an object would be ours: it says so itself, or as a NetworkPolicy it opens what we closed."""
    if kind == "NetworkPolicy":
        return True
    labels = _metadata(document, "labels")
    made_by_another = bool(_metadata(document, "ownerReferences"))
    server = kind == "Deployment" and labels.get(names.APP) == names.MCP_SERVER_APP  # has a code of its own
    return names.COMPONENT in labels and not made_by_another and not server and name != names.VERIFICATION_CONFIG_MAP


def _metadata(document: Document, field: str) -> Mapping[str, Value]:
    return cast("Mapping[str, Mapping[str, Value]]", document["metadata"]).get(field) or {}
