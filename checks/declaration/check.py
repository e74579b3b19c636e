"""Does the cluster run this declaration, or another one?"""

import json
from collections.abc import Iterator

from checks.declaration import deployed
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
    """Judge the hash and the content that the last deployment left in the cluster."""
    for going in snapshot.pending_deletion:
        builder.fact(str(going), PENDING_DELETION, value=True)
    ref = Ref("ConfigMap", names.DECLARATION_CONFIG_MAP, names.SYSTEM_NAMESPACE)
    if (reading := builder.use(snapshot.typed("ConfigMap", names.SYSTEM_NAMESPACE, ConfigMap))) is None:
        return
    published = next((each for each in reading.value if each.metadata.name == names.DECLARATION_CONFIG_MAP), None)
    if published is not None:
        _compare(builder, ref, declaration, published)
    elif snapshot.has_namespace(names.SYSTEM_NAMESPACE):
        message = "no deployment left its declaration here"
        builder.fault("declaration.missing", ref, message, expected="present", actual="absent")
    else:
        # Reported once, as namespace.missing.
        builder.skipped(names.SYSTEM_NAMESPACE)


def _compare(builder: ResultBuilder, ref: Ref, declaration: Declaration, config_map: ConfigMap) -> None:
    there = deployed.parse(config_map)
    changes = _changes(declaration, there) if there else "it is none that this version understands"
    annotated = config_map.metadata.annotations.get(names.DECLARATION_HASH)
    message = "hash and content disagree, one of both was edited by hand" + (f": {changes}" if changes else "")
    if builder.equal("declaration.corrupt", ref, message, annotated, deployed.content_hash(config_map)):
        # Compared by meaning: a later version of the model may write the same declaration with another hash.
        message = f"the cluster runs another declaration: {changes}"
        same = there == declaration
        builder.holds(same, "declaration.differs", ref, message, expected=declaration.digest(), actual=annotated)


def _changes(here: Declaration, there: Declaration) -> str:
    paths = list(_paths(json.loads(here.canonical()), json.loads(there.canonical())))
    return f"it differs in {enumerated(paths, _SHOWN)}" if paths else ""


def _paths(here: object, there: object, path: str = "") -> Iterator[str]:
    if isinstance(here, dict) and isinstance(there, dict):
        for key in sorted({*here, *there}):
            yield from _paths(here.get(key), there.get(key), f"{path}.{key}" if path else key)
    elif here != there:
        yield path


CHECK = Check("declaration", "Deployed declaration", frozenset({"Namespace", "ConfigMap"}), (), check)
