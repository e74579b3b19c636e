"""Check that the cluster runs this declaration."""

import json
from collections.abc import Iterator

from checks.declaration.deployed import content_hash, parse
from checks.kube.models import ConfigMap
from checks.plain_text import enumerated
from checks.results.builder import ResultBuilder
from checks.results.result import PENDING_DELETION, Ref
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.model import names
from stacks.model.declaration import Declaration

_SHOWN = 5


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check the content and the hash of the deployed declaration."""
    for ref in snapshot.pending_deletion:
        builder.fact(str(ref), PENDING_DELETION, value=True)
    ref = Ref("ConfigMap", names.DECLARATION_CONFIG_MAP, names.SYSTEM_NAMESPACE)
    if (reading := builder.use(snapshot.config_map(ref.namespace, ref.name))) is None:
        return
    if reading.value is not None:
        _compare(builder, ref, declaration, reading.value)
    elif snapshot.has_namespace(names.SYSTEM_NAMESPACE):
        message = "the ConfigMap of the deployed declaration does not exist"
        builder.fault("declaration.missing", ref, message, expected="present", actual="absent")
    else:
        # Reported once, as namespace.missing.
        builder.skipped(names.SYSTEM_NAMESPACE)


def _compare(builder: ResultBuilder, ref: Ref, declaration: Declaration, config_map: ConfigMap) -> None:
    deployed = parse(config_map)
    changes = _changes(declaration, deployed) if deployed else "this version of cortex cannot read it"
    annotated = config_map.metadata.annotations.get(names.DECLARATION_HASH)
    message = "the hash does not match the content: one of them was edited" + (f": {changes}" if changes else "")
    if builder.equal("declaration.corrupt", ref, message, annotated, content_hash(config_map)):
        # Compared as models: a later version of the model may render the same declaration with another hash.
        message = f"the cluster runs another declaration: {changes}"
        same = deployed == declaration
        builder.holds(same, "declaration.differs", ref, message, expected=declaration.digest(), actual=annotated)


def _changes(local: Declaration, deployed: Declaration) -> str:
    paths = list(_paths(json.loads(local.canonical()), json.loads(deployed.canonical())))
    return f"it differs in {enumerated(paths, _SHOWN)}" if paths else ""


def _paths(local: object, deployed: object, path: str = "") -> Iterator[str]:
    if isinstance(local, dict) and isinstance(deployed, dict):
        for key in sorted({*local, *deployed}):
            yield from _paths(local.get(key), deployed.get(key), f"{path}.{key}" if path else key)
    elif local != deployed:
        yield path


CHECK = Check("declaration", "Deployed declaration", frozenset({"Namespace", "ConfigMap"}), (), check)
