"""The rotator: `cortex secrets rotate-due --in-cluster` on a schedule, for the Secrets with `rotation`."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from stacks.manifests import network, scheduled
from stacks.manifests.grants import Grants
from stacks.manifests.manifest import Manifest, Value
from stacks.manifests.permissions import CORE, Rule, secret_reader
from stacks.manifests.rbac import service_account
from stacks.manifests.site import Site
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.model.owner import SERVERS, Owner
from stacks.model.rotation import Rotator, rotator_client
from stacks.model.workload import STATEFUL_SET, Workload, controller

COMMAND = ("cortex", "secrets", "rotate-due", "--in-cluster")
"""The image's own entry point is the bridge."""
LONGEST_RUN_SECONDS = 3600
"""A rotation that is cut off goes on in the next run."""

_LABELS = names.rotator_labels()
_OWN = (
    Rule(CORE, ("configmaps",), ("get",), (names.DECLARATION_CONFIG_MAP,)),
    Rule(CORE, ("secrets",), ("get", "patch"), (names.ROTATION_JOURNAL,)),
    Rule(("coordination.k8s.io",), ("leases",), ("get", "patch", "delete"), (names.ROTATION_LEASE,)),
    # RBAC cannot limit `create` to a name.
    Rule(("coordination.k8s.io",), ("leases",), ("create",)),
)


@dataclass(frozen=True)
class Work:
    """What there is to do in a namespace: the Secrets to rotate, who reads them, and the tokens of these servers."""

    secrets: tuple[str, ...]
    readers: Mapping[Owner, Workload]
    tokens: tuple[str, ...]


def work(declaration: Declaration) -> dict[str, Work]:
    """Return what there is to do, by namespace: the pods that read a Secret are in its namespace."""
    running, found = declaration.running(), {}
    rotations = declaration.rotations()
    for space in sorted({declaration.secrets[key].namespace for key in rotations}):
        here = {key: owners for key, owners in rotations.items() if declaration.secrets[key].namespace == space}
        readers = {owner: running[owner] for owners in here.values() for owner in owners}
        servers = (declaration.credential(owner.key) for owner in readers if owner.section == SERVERS)
        secrets = {declaration.secrets[key].called(key) for key in here}
        tokens = {stored.secret for stored in servers if stored} - secrets
        found[space] = Work(tuple(sorted(secrets)), readers, tuple(sorted(tokens)))
    return found


def rotator_manifests(rotator: Rotator, site: Site, wanted: Mapping[str, Work]) -> tuple[Manifest, ...]:
    """Return the account, its permissions, a NetworkPolicy to the API, the Secret for the journal, and the CronJob."""
    return (
        service_account(names.ROTATOR, names.SYSTEM_NAMESPACE, _LABELS),
        *_access(wanted),
        _network_policy(site),
        # Its data is written by a rotation, so none is declared: a deployment must not take it away.
        Manifest("v1", "Secret", names.ROTATION_JOURNAL, names.SYSTEM_NAMESPACE, _LABELS, content={"type": "Opaque"}),
        _cron_job(rotator, site),
    )


def _access(wanted: Mapping[str, Work]) -> Iterator[Manifest]:
    grants = Grants(names.ROTATOR, names.SYSTEM_NAMESPACE, _LABELS)
    yield from grants.role(names.SYSTEM_NAMESPACE, names.ROTATOR_OWN_ROLE, _OWN)
    for namespace, here in wanted.items():
        yield from grants.role(namespace, names.ROTATOR, [*_rules(here)])


def _rules(here: Work) -> Iterator[Rule]:
    yield Rule(CORE, ("secrets",), ("get", "patch"), here.secrets)
    yield Rule(CORE, ("events",), ("create",))
    if here.readers:
        yield Rule(CORE, ("pods",), ("list",))
    if here.tokens:
        yield from secret_reader(here.tokens)
    for kind, resource in (("Deployment", "deployments"), (STATEFUL_SET, "statefulsets")):
        if readers := sorted(owner.name for owner, one in here.readers.items() if controller(one) == kind):
            yield Rule(("apps",), (resource,), ("get", "patch"), tuple(readers))


def _network_policy(site: Site) -> Manifest:
    """Return the policy that allows it to connect to the API; the manifests of each server that it asks allow that."""
    pods_of = network.selector(rotator_client().labels)
    egress: Sequence[Value] = [network.api_egress(site)]
    return network.policy(names.ROTATOR, names.SYSTEM_NAMESPACE, _LABELS, pods_of, egress=egress)


def _cron_job(rotator: Rotator, site: Site) -> Manifest:
    pod = scheduled.pod(names.ROTATE, names.ROTATOR, rotator.image, COMMAND, rotator.resources, site)
    job: Value = {
        "backoffLimit": 0,
        "activeDeadlineSeconds": LONGEST_RUN_SECONDS,
        "template": {"metadata": {"labels": _LABELS}, "spec": pod},
    }
    return scheduled.cron_job(names.ROTATE, rotator.schedule, _LABELS, job)
