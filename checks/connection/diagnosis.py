"""Looks at the connection alone: which way leads to the cluster, as whom, and how well it works."""

import sys
from dataclasses import dataclass, replace
from importlib.metadata import version as installed_version

import msgspec

from checks.connection import collect_api_server as api_server
from checks.connection import collect_dns as dns
from checks.connection.check import check
from checks.kube.client import ApiClient, Read, ReadFailure, Reading
from checks.kube.connection import Connection
from checks.kube.models import SelfReview, UserInfo
from checks.results.result import Permission, Reason, Result, Severity, Status
from checks.verification.snapshot import HOPELESS, NODES, Snapshot, nothing
from checks.verification.verify import accepted, exit_code, status
from stacks.model.declaration import Declaration

SCHEMA = "cortex.dev/doctor/v2"

_REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


class Diagnosis(msgspec.Struct, frozen=True, rename="camel"):
    """The connection of a stack: the way, who we are there, and the row "connection" of a verification.

    `account` is empty if the API server did not tell. `proxy` says whether the way leads through one.
    """

    schema: str
    stack: str
    kubeconfig: str
    context: str
    server: str
    proxy: bool
    account: str
    groups: tuple[str, ...]
    client_version: str
    python_version: str
    status: Status
    exit_code: int
    result: Result


@dataclass(frozen=True)
class _Seen:
    snapshot: Snapshot
    user: Reading[UserInfo]


async def diagnose(stack: str, declaration: Declaration, connection: Connection) -> Diagnosis:
    """Look at the connection, and judge it as a verification does."""
    seen = await _look(declaration, connection)
    result = accepted(declaration, check(declaration, seen.snapshot))
    user = None if isinstance(seen.user, ReadFailure) else seen.user.value
    return Diagnosis(
        schema=SCHEMA,
        stack=stack,
        kubeconfig=connection.source,
        context=connection.context,
        server=connection.host,
        proxy=connection.proxy is not None,
        account=user.username if user else "",
        groups=tuple(user.groups) if user else (),
        client_version=installed_version("cortex-on-kubernetes"),
        python_version=sys.version.split()[0],
        status=status((result,)),
        exit_code=exit_code((result,), Severity.ERROR),
        result=result,
    )


async def _look(declaration: Declaration, connection: Connection) -> _Seen:
    async with connection.client() as client:
        api = ApiClient(client)
        version = await api.version()
        if isinstance(version, ReadFailure) and version.reason in HOPELESS:
            return _Seen(nothing(declaration, version), version)
        measured = await api_server.read(declaration, connection, api)
        # The judge of the connection looks at nothing else, which is why the rest may stay unread.
        rest = nothing(declaration, ReadFailure("read the rest", Reason.BUG, "only the connection is looked at"))
        nodes, asked = await api.list(NODES), await dns.read(declaration, connection, api)
        return _Seen(replace(rest, version=version, api_server=measured, nodes=nodes, dns=asked), await whoami(api))


async def whoami(api: ApiClient) -> Reading[UserInfo]:
    """Ask the API server who it takes us for (SelfSubjectReview)."""
    document = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    permission = Permission("create", "selfsubjectreviews.authentication.k8s.io")
    reading = await api.ask("ask who we are", _REVIEW, document, SelfReview, permission)
    return reading if isinstance(reading, ReadFailure) else Read(reading.value.status.user_info, reading.seconds)
