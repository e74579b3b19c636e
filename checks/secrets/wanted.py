"""The declared Secrets and ConfigMaps, and the servers and workloads that use them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.owner import Owner
from stacks.model.secret import OPAQUE, ROTATE_AFTER_DAYS
from stacks.model.types import LARGEST

TOKEN_KEYS = frozenset({"ca.crt", "namespace", "token"})
"""The keys that the cluster itself writes into a Secret of type names.TOKEN_SECRET."""


class Place(NamedTuple):
    """The namespace and name of an object."""

    namespace: str
    name: str


@dataclass(frozen=True)
class WantedSecret:
    """A declared Secret, without values, which a declaration does not have."""

    key: str
    """Its key under cortex:secrets; its name if it is not declared there."""
    place: Place
    keys: frozenset[str]
    made: bool
    """Whether the stack creates it, with exactly these keys and a checksum of its content."""
    rotate_after_days: int
    users: tuple[Owner, ...]
    """Servers and workloads that read it."""
    type: str | None = OPAQUE
    """None if its creator chooses the type."""
    optional: bool = False
    """Whether each of its users also starts without it, or without some of its keys."""
    owned: bool = False
    """Whether the stack creates it, and its content is made in the cluster."""
    scheduled: bool = False
    """Whether it is rotated on a schedule."""


@dataclass(frozen=True)
class WantedConfigMap:
    """A declared ConfigMap."""

    place: Place
    data: Mapping[str, str]
    users: tuple[Owner, ...]
    """Servers and workloads that read it."""


def wanted_secrets(declaration: Declaration) -> Iterator[WantedSecret]:
    """Yield every declared Secret, including those of servers and workloads."""
    for key, secret in declaration.secrets.items():
        every = [(owner, use) for owner, declared in declaration.running().items() for use in declared.secrets]
        uses = {owner: use for owner, use in every if use.name == key}
        optional = bool(uses) and all(use.optional for use in uses.values())
        place, made = Place(secret.namespace, secret.called(key)), bool(secret.keys)
        of_type = None if secret.existing and secret.type == OPAQUE else secret.type
        rotation = secret.rotate_after_days
        owned = secret.generated is not None
        yield WantedSecret(
            key,
            place,
            secret.names(),
            made,
            rotation,
            tuple(uses),
            of_type,
            optional=optional and not (made or owned),
            owned=owned,
            scheduled=secret.rotation is not None,
        )
    for owner, declared in declaration.running().items():
        if keys := frozenset({**declared.secret_env, **declared.secret_files}):
            place, rotation = Place(declared.namespace, owner.secret), ROTATE_AFTER_DAYS
            yield WantedSecret(owner.secret, place, keys, made=True, rotate_after_days=rotation, users=(owner,))
    if declaration.rotator:
        journal = names.ROTATION_JOURNAL
        place = Place(names.SYSTEM_NAMESPACE, journal)
        # It has no credential of its own that could grow old.
        yield WantedSecret(journal, place, frozenset(), made=False, rotate_after_days=LARGEST, users=(), owned=True)
    if (manager := declaration.resource_manager) and manager.token == "legacy":  # noqa: S105 - a kind of token
        token = names.RESOURCE_MANAGER_TOKEN
        place = Place(names.SYSTEM_NAMESPACE, token)
        yield WantedSecret(
            token, place, TOKEN_KEYS, made=False, rotate_after_days=ROTATE_AFTER_DAYS, users=(), type=names.TOKEN_SECRET
        )


def ingress_secrets(declaration: Declaration) -> Iterator[Place]:
    """Yield the Secrets that servers and workloads name for the certificate of their Ingress."""
    for declared in declaration.running().values():
        if declared.exposure and declared.exposure.tls:
            yield Place(declared.namespace, declared.exposure.tls.secret)


def wanted_config_maps(declaration: Declaration) -> Iterator[WantedConfigMap]:
    """Yield every declared ConfigMap, including those of servers and workloads."""
    for key, declared in declaration.config_maps.items():
        uses = {owner: {use.name for use in one.config_maps} for owner, one in declaration.running().items()}
        users = tuple(owner for owner, used in uses.items() if key in used)
        yield WantedConfigMap(Place(declared.namespace, declared.called(key)), declared.data, users)
    for owner, one in declaration.running().items():
        if one.config:
            yield WantedConfigMap(Place(one.namespace, owner.config), one.config, (owner,))


def shown(users: Iterable[Owner]) -> tuple[str, ...]:
    """Return users as reports name them: a server by its type, a workload by its path in the declaration."""
    return tuple(owner.key if owner.is_server else owner.path for owner in users)


def read_through_the_api(declaration: Declaration) -> frozenset[tuple[str, Place]]:
    """Return kind and place of the objects that are read through the Kubernetes API, so that no pod refers to them."""
    # Grafana's sidecar reads the dashboard.
    system = (names.DECLARATION_CONFIG_MAP, names.VERIFICATION_CONFIG_MAP, names.AGENT_DASHBOARD)
    config_maps = {("ConfigMap", Place(names.SYSTEM_NAMESPACE, name)) for name in system}
    manager = declaration.resource_manager
    readable = manager.readable_secrets.items() if manager else ()
    secrets = {("Secret", Place(space, name)) for space, names_ in readable for name in names_}
    secrets |= {
        ("Secret", Place(server.namespace, stored.secret))
        for kind, server in declaration.servers.items()
        if (stored := declaration.credential(kind))
    }
    # The agent's pods mount them.
    secrets |= {("Secret", Place(names.SYSTEM_NAMESPACE, name)) for name in declaration.webhook_secrets().values()}
    own = (names.RESOURCE_MANAGER_TOKEN, names.ROTATION_JOURNAL)
    secrets |= {("Secret", Place(names.SYSTEM_NAMESPACE, name)) for name in own}
    return frozenset({*config_maps, *secrets})
