"""What `cortex kubeconfig check` shows: whether a stored kubeconfig works, for which cluster, and what it may do."""

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from checks import private_files
from checks.declaration.deployed import parse
from checks.kube.client import ApiClient
from checks.kube.credentials import Credential, Means
from checks.kube.models import AccessReview
from checks.kube.reading import Permission, ReadFailure
from checks.kube.resources import CONFIG_MAPS
from checks.kube.whoami import whoami
from checks.kubeconfigs import store
from checks.kubeconfigs.connecting import connection
from checks.kubeconfigs.listing import form
from checks.plain_text import clean
from checks.times import rfc3339
from stacks.model import names

SCHEMA = "cortex.dev/kubeconfig-check/v1"
SOON = timedelta(days=7)
SOON_TOKEN = timedelta(minutes=10)
_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_ASKED = (
    ("*", "*", "", ""),
    ("list", "nodes", "", ""),
    ("list", "pods", "", ""),
    ("create", "serviceaccounts", "token", names.SYSTEM_NAMESPACE),
)
"""Verb, resource, subresource, namespace: whether it is an administrator, can verify, and can request tokens."""


class Right(msgspec.Struct, frozen=True):
    """Something that the account may do, or may not."""

    verb: str
    resource: str
    namespace: str
    allowed: bool


class Inspection(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex kubeconfig check`. What could not be asked is null, and `unknowns` say why.

    `deployed` is the context of the stack that is deployed on the cluster; null if there is none, or it is not known.
    """

    schema: str = SCHEMA
    stack: str
    exit_code: int
    file: str
    sealed: bool
    mode: str
    context: str
    server: str
    credential: str
    expires: str | None
    days_left: int | None
    rotated: bool
    version: str | None
    account: str | None
    deployed: str | None
    rights: tuple[Right, ...]
    problems: tuple[str, ...]
    unknowns: tuple[str, ...]


async def inspect(stack: str) -> Inspection:
    """Return the report of the stored kubeconfig of a stack.

    Raises:
        UsageError: none is stored, others can read it, or it cannot be decrypted.
    """
    entry, file = store.read(stack), store.file_of(stack)
    found = connection(entry.kubeconfig, str(file))
    async with found.client() as client:
        api = ApiClient(client)
        version = await api.version()
        failures = [version] if isinstance(version, ReadFailure) else []
        reached = not failures
        user = await whoami(api) if reached else None
        rights = [await _right(api, *asked) for asked in _ASKED] if reached else []
        name = names.DECLARATION_CONFIG_MAP
        deployed = await api.get(CONFIG_MAPS, names.SYSTEM_NAMESPACE, name) if reached else None
    failures += [one for one in (user, *rights, deployed) if isinstance(one, ReadFailure)]
    declaration = None if deployed is None or isinstance(deployed, ReadFailure) else deployed.value
    on_cluster = parse(declaration) if declaration else None
    context = on_cluster.cluster.context if on_cluster else None
    held, now = found.credential(), datetime.now(UTC)
    problems = tuple(_problems(stack, file, held, now))
    if context is not None and context != entry.kubeconfig.context:
        problems += (f"another stack is deployed on this cluster: its context is {context!r}",)
    return Inspection(
        stack=stack,
        exit_code=1 if problems else 3 if failures else 0,
        file=str(file),
        sealed=entry.sealed,
        mode=f"{stat.S_IMODE(file.stat().st_mode):04o}",
        context=entry.kubeconfig.context,
        server=found.host,
        credential=held.means.value,
        expires=rfc3339(held.expires) if held.expires else None,
        days_left=(held.expires - now).days if held.expires else None,
        rotated=store.previous_file(stack).exists(),
        version=None if isinstance(version, ReadFailure) else version.value.git_version,
        account=None if user is None or isinstance(user, ReadFailure) else user.value.username,
        deployed=context,
        rights=tuple(one for one in rights if isinstance(one, Right)),
        problems=problems,
        unknowns=tuple(f"{one.what}: {one.message}" for one in failures),
    )


async def _right(api: ApiClient, verb: str, resource: str, subresource: str, namespace: str) -> Right | ReadFailure:
    group = "*" if resource == "*" else ""
    attributes = {"verb": verb, "group": group, "resource": resource, "subresource": subresource}
    spec = {"resourceAttributes": {**attributes, "namespace": namespace}}
    document = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": spec}
    permission = Permission("create", "selfsubjectaccessreviews.authorization.k8s.io")
    whole = f"{resource}/{subresource}" if subresource else resource
    answer = await api.ask(f"ask whether it may {verb} {whole}", _REVIEW, document, AccessReview, permission)
    if isinstance(answer, ReadFailure):
        return answer
    return Right(verb, whole, namespace, answer.value.status.allowed)


def _problems(stack: str, file: Path, held: Credential, now: datetime) -> list[str]:
    problems = []
    if file.parent.stat().st_mode & private_files.OTHERS:
        problems.append(f"others can enter the folder: `chmod 700 {file.parent}`")
    least = SOON if held.means is Means.CERTIFICATE else SOON_TOKEN
    if held.expires is not None and held.expires - now <= least:
        when = f"{held.expires:%Y-%m-%d %H:%M} UTC"
        verb = "expired" if held.expires <= now else "expires"
        problems.append(f"the {held.means.value} {verb} on {when}: `cortex kubeconfig rotate {stack}`")
    return problems


def text(report: Inspection) -> str:
    """Return the report as text."""
    rights = [
        f"{'may' if one.allowed else 'may not'} {one.verb} {one.resource}"
        + (f" in {one.namespace}" if one.namespace else "")
        for one in report.rights
    ]
    days = "" if report.days_left is None else f", {report.days_left} days left"
    lines = [
        ("file", f"{report.file} ({form(report.sealed)}, mode {report.mode})"),
        ("context", report.context),
        ("server", f"{report.server}, {report.version or 'not reached'}"),
        ("deployed", report.deployed or "no stack, or not known"),
        ("account", report.account or "not known"),
        ("credential", f"{report.credential}, expires {report.expires or 'never, or not known'}{days}"),
        *[("rights", one) for one in rights],
        *([("rotation", "not confirmed")] if report.rotated else []),
        *[("problem", one) for one in report.problems],
        *[("unknown", one) for one in report.unknowns],
    ]
    return "".join(f"{name:<10}  {clean(value)}\n" for name, value in lines)
