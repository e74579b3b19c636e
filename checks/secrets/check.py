"""Check that Secrets exist, are as deployed, not too old and used, their certificates, and that pods have them."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime

from checks.drift.compare import is_as_declared
from checks.drift.diff import place as path_of
from checks.kube.models.references import Reference
from checks.kube.reading import Read, Reading
from checks.results.builder import ResultBuilder
from checks.results.result import Ref, Remedy
from checks.secrets.certificates import certificates
from checks.secrets.collect import READ_SECRETS
from checks.secrets.rolled import Rolled
from checks.secrets.sealed import Sealed
from checks.secrets.unused import UNUSED
from checks.secrets.wanted import Place, WantedSecret, shown, wanted_config_maps, wanted_secrets
from checks.snapshot.check import Check
from checks.snapshot.snapshot import Snapshot
from checks.workloads.workload import KINDS
from stacks.manifests.build import build
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner
from stacks.model.workload import controller

_FAMILY = {"Secret": "secret", "ConfigMap": "config"}


def check(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    """Check each declared Secret, the pods that read them, and unused Secrets and ConfigMaps."""
    if snapshot.get(READ_SECRETS).skipped:
        builder.skip(snapshot.get(READ_SECRETS).skipped)
    else:
        _read(builder, declaration, snapshot)


def _read(builder: ResultBuilder, declaration: Declaration, snapshot: Snapshot) -> None:
    collected = snapshot.get(READ_SECRETS)
    labels = {Place(obj.namespace, obj.name): obj.labels for obj in build(declaration) if obj.kind == "Secret"}
    for secret in wanted_secrets(declaration):
        if not snapshot.has_namespace(secret.place.namespace):
            # Reported once, as namespace.missing.
            builder.skipped(secret.place.namespace)
        elif (reading := builder.use(collected.secrets[secret.place])) is not None:
            _secret(builder, secret, reading.value, collected.taken)
            if reading.value is not None:
                _labels(builder, secret.place, labels.get(secret.place, {}), reading.value.labels)
    certificates(builder, snapshot)
    for owner in declaration.running():
        if (rolled := builder.use(collected.rolled[owner])) is not None:
            _pods(builder, declaration, owner, rolled.value, snapshot)
    config_maps = {(obj.name, obj.namespace) for obj in build(declaration) if obj.kind == "ConfigMap"}
    unused = snapshot.get(UNUSED)
    for namespace, found in unused.items():
        _unused(builder, namespace, found, config_maps)
    if not (declaration.running() or declaration.secrets or unused):
        builder.passed()


def _unused(
    builder: ResultBuilder,
    namespace: str,
    unused: Reading[tuple[Reference, ...]],
    declared: Collection[tuple[str, str]],
) -> None:
    if (found := builder.use(unused)) is not None:
        for one in found.value:
            ref = Ref(one.kind, one.name, namespace)
            # A deployment would create a declared one again.
            undeclared = one.kind == "ConfigMap" and (one.name, namespace) not in declared
            cure = Remedy.REPAIR if undeclared else Remedy.PERSON
            code = f"{_FAMILY[one.kind]}.unused"
            builder.fault(
                code,
                ref,
                f"no pod, workload or server uses this {one.kind}",
                expected="used",
                actual="unused",
                remedy=cure,
            )
        builder.passed(namespace=namespace)


def _secret(builder: ResultBuilder, secret: WantedSecret, live: Sealed | None, now: datetime) -> None:
    ref = Ref("Secret", secret.place.name, secret.place.namespace)
    cure = Remedy.PULUMI if secret.made or secret.owned else Remedy.PERSON
    if secret.optional and (live is None or not secret.keys <= live.keys):
        # Others may still make it, or the rest of it.
        builder.passed(namespace=ref.namespace)
        return
    if live is None:
        message = "the Secret does not exist"
        builder.fault("secret.missing", ref, message, expected="present", actual="absent", remedy=cure)
        return
    missing, undeclared = secret.keys - live.keys, live.keys - secret.keys if secret.made else frozenset()
    if missing:
        # A deployment does not touch content that is made in the cluster.
        lacking = Remedy.PULUMI if secret.made else Remedy.PERSON
        _keys(builder, ref, secret, live, f"lacks {', '.join(sorted(missing))}", lacking)
    if undeclared:
        # A deployment does not remove undeclared keys.
        _keys(builder, ref, secret, live, f"also has {', '.join(sorted(undeclared))}", Remedy.PERSON)
    same = not missing and not undeclared
    builder.passed(same, ref.namespace)
    if secret.type is not None:
        builder.equal("secret.type", ref, "the Secret has another type", secret.type, live.type, cure)
    if same:
        _content(builder, ref, secret, live)
    # What was rolled back was written, too, and is as old as before.
    since = (live.rotated or live.created) if secret.scheduled else live.changed
    days = (now - since).days
    message = f"the Secret was last {'rotated' if secret.scheduled else 'written'} {days} days ago"
    most = secret.rotate_after_days
    builder.holds(days <= most, "secret.rotation", ref, message, expected=f"at most {most} days", actual=f"{days} days")


def _content(builder: ResultBuilder, ref: Ref, secret: WantedSecret, live: Sealed) -> None:
    """Check that nobody changed the content by hand; whoever reads it is named."""
    changed = live.intact is False
    users = f"; {', '.join(shown(secret.users))} reads it" if secret.users else ""
    if secret.made:
        message = "the content is not as deployed" if changed else "the checksum annotation is missing"
        actual = "changed" if changed else "not known"
        builder.holds(
            live.intact is True, "secret.content", ref, message + users, expected="as deployed", actual=actual
        )
    elif secret.owned:
        # Without the checksum of a rotation it has its first content.
        message = f"the content is not what the last rotation wrote{users}"
        builder.holds(
            not changed, "secret.content", ref, message, expected="as rotated", actual="changed", remedy=Remedy.PERSON
        )


def _keys(builder: ResultBuilder, ref: Ref, secret: WantedSecret, live: Sealed, fault: str, remedy: Remedy) -> None:
    expected, actual = ", ".join(sorted(secret.keys)), ", ".join(sorted(live.keys)) or None
    builder.fault("secret.keys", ref, f"the Secret {fault}", expected=expected, actual=actual, remedy=remedy)


def _labels(builder: ResultBuilder, place: Place, declared: Mapping[str, str], live: Mapping[str, str]) -> None:
    ref = Ref("Secret", place.name, place.namespace)
    for key, value in declared.items():
        message = f"{path_of(('metadata', 'labels', key))} is " + ("not as declared" if key in live else "missing")
        builder.equal("object.label", ref, message, value, live.get(key))


def _pods(
    builder: ResultBuilder, declaration: Declaration, owner: Owner, rolled: Rolled | None, snapshot: Snapshot
) -> None:
    declared = declaration.running()[owner]
    ref = Ref(controller(declared), owner.name, declared.namespace)
    if rolled is None:
        # Reported once, as missing.
        builder.skipped(ref.namespace)
        return
    mine = [obj for obj in build(declaration) if obj.namespace == ref.namespace]
    known = {(obj.kind, obj.name) for obj in mine}
    deployment = next(obj for obj in mine if (obj.kind, obj.name) == (ref.kind, ref.name))
    for one in rolled.dangling:
        what = f"{one.kind} {one.name}" + (f" with the key {one.key}" if one.key else "")
        message = f"its pods need the {what}, which does not exist"
        # A deployment creates it, or restores a template that was changed to refer to it; else a person creates it.
        ours = (one.kind, one.name) in known or not is_as_declared(snapshot, deployment)
        cure = Remedy.PULUMI if ours else Remedy.PERSON
        code = f"{_FAMILY[one.kind]}.reference"
        builder.fault(code, ref, message, expected="present", actual="absent", remedy=cure)
    own = [secret for secret in wanted_secrets(declaration) if owner in secret.users and secret.made]
    if rolled.current is None or any(_changed(secret, snapshot) for secret in own):
        # Reported once, for the Secret or ConfigMap that is missing or not as deployed.
        builder.skipped(ref.namespace)
        return
    what = ", ".join(_sources(declaration, owner)) or "nothing"
    builder.holds(
        rolled.current,
        "secret.stale-pods" if own else "config.stale-pods",
        ref,
        f"its pods run with an outdated content of what they read ({what})",
        expected="pods with the current content",
        actual="pods with an outdated content",
    )


def _changed(secret: WantedSecret, snapshot: Snapshot) -> bool:
    reading = snapshot.get(READ_SECRETS).secrets[secret.place]
    return isinstance(reading, Read) and (reading.value is None or reading.value.intact is not True)


def _sources(declaration: Declaration, owner: Owner) -> Iterator[str]:
    yield from (f"Secret {s.place.name}" for s in wanted_secrets(declaration) if owner in s.users and s.made)
    yield from (f"ConfigMap {c.place.name}" for c in wanted_config_maps(declaration) if owner in c.users)


CHECK = Check("secrets", "Secrets and what pods read", frozenset({"Namespace", *KINDS}), (READ_SECRETS, UNUSED), check)
