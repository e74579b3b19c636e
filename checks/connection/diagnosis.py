"""Looks at the connection alone: which way leads to the cluster, as whom, and how well it works."""

import sys
from dataclasses import replace
from importlib.metadata import version as installed_version

import msgspec

from checks.connection.check import CHECK
from checks.kube.connection import Connection
from checks.kube.models import SelfReview, UserInfo
from checks.kube.reading import Permission, Read, ReadFailure, Reading
from checks.results.conclusion import exit_code, status
from checks.results.result import Result, Severity, Status
from checks.results.suppressions import accepted
from checks.snapshot.reader import Collector, Reader
from checks.snapshot.take import take
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


async def diagnose(stack: str, declaration: Declaration, connection: Connection) -> Diagnosis:
    """Return how the connection is, as in a verification, and who the API server takes us for."""
    check = replace(CHECK, collectors=(*CHECK.collectors, WHOAMI))
    snapshot = await take(declaration, connection, [check])
    result = accepted(declaration, check.run(declaration, snapshot))
    reading = snapshot.unreachable or snapshot.get(WHOAMI)
    user = reading.value if isinstance(reading, Read) else None
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


async def whoami(reader: Reader) -> Reading[UserInfo]:
    """Ask the API server who it takes us for (SelfSubjectReview)."""
    document = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    permission = Permission("create", "selfsubjectreviews.authentication.k8s.io")
    reading = await reader.api.ask("ask who we are", _REVIEW, document, SelfReview, permission)
    return reading if isinstance(reading, ReadFailure) else Read(reading.value.status.user_info, reading.seconds)


WHOAMI = Collector(whoami)
