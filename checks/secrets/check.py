"""Are Secrets there, as deployed and not too old; were pods made for them; does nothing lack or outlive its use?"""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from checks.drift.check import holds
from checks.drift.diff import place as place_of
from checks.kube.models.references import Reference
from checks.kube.reading import Read, Reading
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.secrets import wanted
from checks.secrets.collect import READ_SECRETS
from checks.secrets.rolled import Server
from checks.secrets.sealed import Sealed
from checks.secrets.wanted import Place, WantedSecret
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from stacks.manifests.build import build
from stacks.model import names
from stacks.model.declaration import Declaration

_FAMILY = {"Secret": "secret", "ConfigMap": "config"}


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Judge each declared Secret, the pods of each server, and what nobody uses. What ConfigMaps hold is no secret."""
    if snapshot.get(READ_SECRETS).skipped:
        builder.skip(snapshot.get(READ_SECRETS).skipped)
    else:
        _read(builder, declaration, snapshot)


def _read(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    part = snapshot.get(READ_SECRETS)
    labels = {Place(obj.namespace, obj.name): obj.labels for obj in build(declaration) if obj.kind == "Secret"}
    for secret in wanted.secrets(declaration):
        if not snapshot.has_namespace(secret.place.namespace):
            # Reported once, as namespace.missing.
            builder.skipped(secret.place.namespace)
        elif (reading := builder.use(part.secrets[secret.place])) is not None:
            _secret(builder, secret, reading.value, part.taken)
            if reading.value is not None:
                _labels(builder, secret.place, labels.get(secret.place, {}), reading.value.labels)
    for kind in declaration.servers:
        if (rolled := builder.use(part.servers[kind])) is not None:
            _server(builder, declaration, kind, rolled.value, snapshot)
    config_maps = {(obj.name, obj.namespace) for obj in build(declaration) if obj.kind == "ConfigMap"}
    for namespace, unused in part.unused.items():
        _unused(builder, namespace, unused, config_maps)
    if not (declaration.servers or declaration.secrets or part.unused):
        builder.passed()


def _unused(
    builder: ResultBuilder, namespace: str, unused: Reading[tuple[Reference, ...]], made: Collection[tuple[str, str]]
) -> None:
    if (idle := builder.use(unused)) is not None:
        for one in idle.value:
            ref = Ref(one.kind, one.name, namespace)
            # A declared one would be made again.
            undeclared = one.kind == "ConfigMap" and (one.name, namespace) not in made
            cure = Remedy.REPAIR if undeclared else Remedy.PERSON
            code = f"{_FAMILY[one.kind]}.unused"
            builder.fault(code, ref, "nobody uses it", expected="used", actual="unused", remedy=cure)
        builder.passed(namespace=namespace)


def _secret(builder: ResultBuilder, secret: WantedSecret, there: Sealed | None, now: datetime) -> None:
    ref = Ref("Secret", secret.place.name, secret.place.namespace)
    cure = Remedy.PULUMI if secret.made else Remedy.PERSON
    if there is None:
        message = "the Secret does not exist"
        builder.fault("secret.missing", ref, message, expected="present", actual="absent", remedy=cure)
        return
    missing, undeclared = secret.keys - there.keys, there.keys - secret.keys if secret.made else frozenset()
    if missing:
        _keys(builder, ref, secret, there, f"lacks {', '.join(sorted(missing))}", cure)
    if undeclared:
        # No deployment takes away a key that it does not declare.
        _keys(builder, ref, secret, there, f"also has {', '.join(sorted(undeclared))}", Remedy.PERSON)
    same = not missing and not undeclared
    builder.passed(same, ref.namespace)
    if secret.type is not None:
        builder.equal("secret.type", ref, "the Secret has another type", secret.type, there.type, cure)
    if secret.made and same:
        message = "it does not hold what was deployed" if there.intact is False else "it carries no checksum"
        actual = "changed" if there.intact is False else "not known"
        builder.holds(there.intact is True, "secret.content", ref, message, expected="as deployed", actual=actual)
    days = (now - there.changed).days
    message = f"the Secret was last written {days} days ago"
    most = secret.rotate_after_days
    builder.holds(days <= most, "secret.rotation", ref, message, expected=f"at most {most} days", actual=f"{days} days")


def _keys(builder: ResultBuilder, ref: Ref, secret: WantedSecret, there: Sealed, fault: str, remedy: Remedy) -> None:
    expected, actual = ", ".join(sorted(secret.keys)), ", ".join(sorted(there.keys)) or None
    builder.fault("secret.keys", ref, f"the Secret {fault}", expected=expected, actual=actual, remedy=remedy)


def _labels(builder: ResultBuilder, place: Place, declared: Mapping[str, str], there: Mapping[str, str]) -> None:
    ref = Ref("Secret", place.name, place.namespace)
    for key, value in declared.items():
        message = f"{place_of(('metadata', 'labels', key))} is " + ("not as declared" if key in there else "missing")
        builder.equal("object.label", ref, message, value, there.get(key))


def _server(
    builder: ResultBuilder, declaration: Declaration, kind: str, rolled: Server | None, snapshot: Snapshot
) -> None:
    ref = Ref("Deployment", names.server(kind), declaration.servers[kind].namespace)
    if rolled is None:
        # Reported once, as server.missing or namespace.missing.
        builder.skipped(ref.namespace)
        return
    mine = [obj for obj in build(declaration) if obj.namespace == ref.namespace]
    made = {(obj.kind, obj.name) for obj in mine}
    deployment = next(obj for obj in mine if (obj.kind, obj.name) == (ref.kind, ref.name))
    for one in rolled.dangling:
        what = f"{one.kind} {one.name}" + (f" with the key {one.key}" if one.key else "")
        message = f"its pods need the {what}, and there is none"
        # Either the stack makes it, or somebody made the template name it, or others are to make it.
        ours = (one.kind, one.name) in made or not holds(snapshot, deployment)
        cure = Remedy.PULUMI if ours else Remedy.PERSON
        code = f"{_FAMILY[one.kind]}.reference"
        builder.fault(code, ref, message, expected="present", actual="absent", remedy=cure)
    read = [secret for secret in wanted.secrets(declaration) if kind in secret.users and secret.made]
    if rolled.current is None or any(_changed(secret, snapshot) for secret in read):
        # Reported once: what the pods read is itself missing or not as deployed.
        builder.skipped(ref.namespace)
        return
    what = ", ".join(_sources(declaration, kind)) or "nothing at all"
    builder.holds(
        rolled.current,
        "secret.stale-pods" if read else "config.stale-pods",
        ref,
        f"its pods were made for another content of what they read ({what})",
        expected="made for the present content",
        actual="made for another",
    )


def _changed(secret: WantedSecret, snapshot: Snapshot) -> bool:
    reading = snapshot.get(READ_SECRETS).secrets[secret.place]
    return isinstance(reading, Read) and (reading.value is None or reading.value.intact is not True)


def _sources(declaration: Declaration, kind: str) -> Iterator[str]:
    yield from (f"Secret {s.place.name}" for s in wanted.secrets(declaration) if kind in s.users and s.made)
    yield from (f"ConfigMap {c.place.name}" for c in wanted.config_maps(declaration) if kind in c.users)


CHECK = Check("secrets", "Secrets and what pods read", frozenset({"Namespace", "Deployment"}), (READ_SECRETS,), check)
