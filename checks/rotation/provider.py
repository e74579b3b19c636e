"""Who provides a Secret of a stack, and so where a value of it is changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from checks.errors import UsageError
from checks.results.result import Ref
from checks.secrets.wanted import Place, WantedSecret, wanted_secrets
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner
from stacks.model.secret import Source
from stacks.model.suggestion import did_you_mean


class Provider(StrEnum):
    """Who provides the values of a Secret."""

    PULUMI = "pulumi"
    EXTERNAL = "external"
    EXISTING = "existing"
    CLUSTER = "cluster"
    """The cluster itself: the token of an account."""
    GENERATED = "generated"
    """The stack, for the first value, and rotations for later ones."""
    ROTATOR = "rotator"
    """Rotations in the cluster, which keep their journal there."""


@dataclass(frozen=True)
class Managed:
    """A Secret of the stack, and where its values are from."""

    secret: WantedSecret
    provider: Provider
    sources: Mapping[str, Source]
    """Key → where its value comes from; empty if the stack does not make the Secret."""
    store: str = ""
    """The store of an external Secret."""

    @property
    def place(self) -> Place:
        """Return its namespace and name."""
        return self.secret.place

    @property
    def ref(self) -> Ref:
        """Return its reference."""
        return Ref("Secret", self.place.name, self.place.namespace)


def every(declaration: Declaration) -> Iterator[Managed]:
    """Yield every Secret that the stack declares."""
    for secret in wanted_secrets(declaration):
        if (declared := declaration.secrets.get(secret.key)) is not None and secret.place.name == declared.called(
            secret.key
        ):
            if declared.external:
                yield Managed(secret, Provider.EXTERNAL, {}, declared.external.store)
            elif declared.existing:
                yield Managed(secret, Provider.EXISTING, {})
            elif declared.generated:
                yield Managed(secret, Provider.GENERATED, {})
            else:
                yield Managed(secret, Provider.PULUMI, declared.keys)
        elif secret.place == (names.SYSTEM_NAMESPACE, names.ROTATION_JOURNAL) and declaration.rotator:
            yield Managed(secret, Provider.ROTATOR, {})
        elif secret.type == names.TOKEN_SECRET:
            yield Managed(secret, Provider.CLUSTER, {})
        else:
            yield Managed(secret, Provider.PULUMI, _own(declaration, secret.users))


def _own(declaration: Declaration, users: tuple[Owner, ...]) -> Mapping[str, Source]:
    running = (declaration.running()[owner] for owner in users)
    found = ({**one.secret_env, **one.secret_files} for one in running)
    return {name: Source(pulumi=key) for keys in found for name, key in keys.items()}


def find(declaration: Declaration, name: str, namespace: str = "") -> Managed:
    """Return the Secret with a name, or with a key of the declaration.

    Raises:
        UsageError: the stack declares none, or several.
    """
    known = [one for one in every(declaration) if namespace in ("", one.place.namespace)]
    found = [one for one in known if name in (one.place.name, one.secret.key)]
    if not found:
        hint = did_you_mean(name, [one.place.name for one in known]) or "it declares none"
        where = f" in namespace {namespace}" if namespace else ""
        raise UsageError(f"the stack declares no Secret {name!r}{where}: {hint}")
    if len(found) > 1:
        spaces = ", ".join(sorted(one.place.namespace for one in found))
        raise UsageError(f"Secrets of several namespaces have the name {name!r}: choose one of {spaces} with -n")
    return found[0]


def chosen_key(managed: Managed, key: str) -> str:
    """Return the key to change: the given one, or the only one that can be changed here.

    Raises:
        UsageError: there is no such key, or there are several and none is given.
    """
    known = sorted(managed.secret.keys)
    if key:
        if key not in known:
            raise UsageError(f"{managed.ref} has no key {key!r}: {did_you_mean(key, known) or 'it has none'}")
        return key
    changeable = [one for one in known if not managed.sources or managed.sources[one].pulumi is not None]
    if len(changeable) == 1:
        return changeable[0]
    raise UsageError(f"{managed.ref} has the keys {', '.join(changeable or known)}: choose one with --key")


def pulumi_key(managed: Managed, key: str) -> str:
    """Return the key of the Pulumi secret with the value.

    Raises:
        UsageError: the value is from somewhere else.
    """
    source = managed.sources[key]
    if source.pulumi is not None:
        return source.pulumi
    if source.file is not None:
        raise UsageError(f"{key} of {managed.ref} is the content of {source.file}: change the file, and deploy")
    raise UsageError(f"{key} of {managed.ref} is written in the stack file: change it there, and deploy")


def require_changeable(managed: Managed) -> None:
    """Check that values of a Secret can be changed from here.

    Raises:
        UsageError: its values are written by a store, by the cluster or by the rotator.
    """
    if managed.provider is Provider.ROTATOR:
        raise UsageError(f"{managed.ref} has the journal of cortex:rotator, which alone writes it: leave it as it is")
    if managed.provider is Provider.EXTERNAL:
        raise UsageError(
            f"{managed.ref} is fetched from the store {managed.store}: change the value there, then "
            "`cortex secrets rotate` fetches it and restarts its readers"
        )
    if managed.provider is Provider.CLUSTER:
        raise UsageError(f"{managed.ref} has a token that the cluster writes: declare `token: bound` instead")


def sharing(declaration: Declaration, managed: Managed, key: str) -> tuple[Managed, ...]:
    """Return the Secrets that have the value: this one, and others that are made from the same Pulumi secret."""
    source = managed.sources.get(key)
    if source is None or source.pulumi is None:
        return (managed,)
    return tuple(
        one for one in every(declaration) if any(other.pulumi == source.pulumi for other in one.sources.values())
    )


def readers(declaration: Declaration, managed: Managed, key: str) -> tuple[Owner, ...]:
    """Return the servers and workloads whose pods read the value."""
    users = (owner for one in sharing(declaration, managed, key) for owner in one.secret.users)
    return tuple(dict.fromkeys(users))
