"""Does the cluster run this declaration, or another one?"""

import json
from collections.abc import Iterator

from pydantic import ValidationError

from checks.findings import Ref, Row
from checks.snapshot import Snapshot
from checks.tally import Tally
from stacks import names
from stacks.model import Declaration

_SHOWN = 5


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Judge the hash and the content that the last deployment left in the cluster."""
    tally = Tally("declaration", "Deployed declaration")
    ref = Ref("ConfigMap", names.DECLARATION_CONFIG_MAP, names.SYSTEM_NAMESPACE)
    if (reading := tally.use(snapshot.declaration)) is None:
        return tally.row()
    deployed = reading.value
    if deployed is None:
        if names.SYSTEM_NAMESPACE in declaration.namespaces and not snapshot.has_namespace(names.SYSTEM_NAMESPACE):
            tally.skipped()
        else:
            message = "no deployment left its declaration here"
            tally.fault("declaration.missing", ref, message, expected="present", actual="absent")
        return tally.row()
    expected = declaration.digest()
    actual = deployed.metadata.annotations.get(names.DECLARATION_HASH)
    there = _parse(deployed.data.get(names.DECLARATION_KEY, ""))
    changes = _changes(declaration, there) if there else ""
    message = "the cluster runs another declaration" + (f"; it differs in {changes}" if changes else "")
    if tally.equal("declaration.differs", ref, message, expected, actual):
        found = there.digest() if there else None
        message = f"{names.DECLARATION_KEY} " + (f"was edited: {changes}" if there else "is no declaration")
        tally.equal("declaration.corrupt", ref, message, expected, found)
    return tally.row()


def _parse(text: str) -> Declaration | None:
    try:
        return Declaration.model_validate_json(text)
    except ValidationError:
        return None


def _changes(here: Declaration, there: Declaration) -> str:
    paths = list(_paths(json.loads(here.canonical()), json.loads(there.canonical())))
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more


def _paths(here: object, there: object, path: str = "") -> Iterator[str]:
    if isinstance(here, dict) and isinstance(there, dict):
        for key in sorted({*here, *there}):
            yield from _paths(here.get(key), there.get(key), f"{path}.{key}" if path else key)
    elif here != there:
        yield path
