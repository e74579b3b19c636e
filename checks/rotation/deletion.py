"""Delete a Secret that the stack does not declare and that nothing uses."""

from collections.abc import Callable
from dataclasses import dataclass, field

from checks.errors import UsageError
from checks.kube.client import ApiClient
from checks.kube.reading import required
from checks.plain_text import enumerated
from checks.results.result import Ref
from checks.rotation import live_secret, log
from checks.rotation.folder import exclusive, journal_file, log_file
from checks.rotation.journal import require_none
from checks.rotation.provider import every
from checks.rotation.users import users_of
from checks.secrets.wanted import Place
from checks.target import Target
from stacks.model import names

DELETE = "delete"


_OF_OTHERS = (names.TOKEN_SECRET, "bootstrap.kubernetes.io/token", "helm.sh/release.v1")


@dataclass(frozen=True)
class Doomed:
    """A Secret that may be deleted, as it was seen."""

    place: Place
    seen: dict[str, str]
    keys: tuple[str, ...] = field(default=())
    hash: str = ""

    @property
    def ref(self) -> Ref:
        """Return its reference."""
        return Ref("Secret", self.place.name, self.place.namespace)


async def deletable(target: Target, name: str, namespace: str) -> Doomed:
    """Return a Secret of a namespace of the stack that may be deleted.

    Raises:
        UsageError: there is none, or it is declared, used, or made by others.
        UncheckedError: something cannot be read.
    """
    declaration = target.declaration
    _refuse_declared(target, name, namespace)
    spaces = [namespace] if namespace else sorted(declaration.occupied_namespaces())
    if not set(spaces) <= set(declaration.occupied_namespaces()):
        raise UsageError(f"the stack has nothing in namespace {namespace}: delete it with kubectl")
    async with target.connection.client() as http:
        api = ApiClient(http)
        found = {
            space: secret for space in spaces if (secret := await live_secret.read(api, Place(space, name))) is not None
        }
        if not found:
            raise UsageError(f"no namespace of the stack has a Secret {name!r}: `kubectl get secrets -A` lists all")
        if len(found) > 1:
            raise UsageError(
                f"Secrets of several namespaces have the name {name!r}: choose one of {', '.join(found)} with -n"
            )
        ((space, secret),) = found.items()
        place = Place(space, name)
        _refuse_of_others(place, secret)
        if users := await users_of(api, place):
            raise UsageError(f"Secret {place.namespace}/{name} is used by {enumerated(users, 3)}: change that first")
    meta = secret.metadata
    seen = {"uid": meta.uid, "resourceVersion": meta.resource_version}
    return Doomed(place, seen, tuple(sorted(secret.data)), log.content_hash(*place, secret.values_()))


async def delete(target: Target, doomed: Doomed, say: Callable[[str], None]) -> None:
    """Delete the Secret if it is as it was seen, and record that.

    Raises:
        UncheckedError: it was changed meanwhile, or cannot be deleted.
    """
    with exclusive(target.stack, say):
        await require_none(journal_file(target.stack))
        async with target.connection.client() as http:
            required(await ApiClient(http).delete_seen(live_secret.SECRETS, *doomed.place, doomed.seen))
        log.append(log_file(target.stack), _entry(target.stack, doomed))


def _entry(stack: str, doomed: Doomed) -> log.Entry:
    return log.Entry(
        at=log.now(),
        id=log.new_id(),
        action=DELETE,
        outcome="deleted",
        stack=stack,
        namespace=doomed.place.namespace,
        name=doomed.place.name,
        keys=doomed.keys,
        by=log.by(),
        hash=doomed.hash,
    )


def _refuse_declared(target: Target, name: str, namespace: str) -> None:
    for one in every(target.declaration):
        if name in (one.place.name, one.secret.key) and namespace in ("", one.place.namespace):
            raise UsageError(f"the stack declares {one.ref}: remove it from Pulumi.{target.stack}.yaml, and deploy")


def _refuse_of_others(place: Place, secret: live_secret.LiveSecret) -> None:
    if owners := secret.metadata.owner_references:
        owner = f"{owners[0].kind} {owners[0].name}"
        raise UsageError(f"Secret {place.namespace}/{place.name} belongs to {owner}: delete that instead")
    if secret.type in _OF_OTHERS:
        raise UsageError(f"Secret {place.namespace}/{place.name} is of type {secret.type}: its program deletes it")
