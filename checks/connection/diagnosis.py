"""What `cortex doctor` shows: the address of the cluster, the account, and whether the connection works."""

import sys
from dataclasses import replace
from importlib.metadata import version as installed_version

from checks.connection.check import CHECK
from checks.kube.models import UserInfo
from checks.kube.reading import Read, Reading
from checks.kube.whoami import whoami
from checks.results.cluster_document import ClusterDocument, cluster_head
from checks.results.result import Result
from checks.results.suppressions import accepted
from checks.snapshot.reader import Collector, Reader
from checks.snapshot.take import take
from checks.target import Target

SCHEMA = "cortex.dev/doctor/v2"


class Diagnosis(ClusterDocument, frozen=True, rename="camel", kw_only=True):
    """The connection to a stack's cluster, the account, and the result of the check `connection`.

    `account` is empty if the API server did not say which one it is. `proxy` is true if a proxy is used.
    """

    kubeconfig: str
    reason: str
    """Why this kubeconfig is used."""
    proxy: bool
    account: str
    groups: tuple[str, ...]
    client_version: str
    python_version: str
    result: Result


async def diagnose(target: Target) -> Diagnosis:
    """Run the check `connection`, and ask the API server which account it sees."""
    declaration, connection = target.declaration, target.connection
    check = replace(CHECK, collectors=(*CHECK.collectors, WHOAMI))
    snapshot = await take(declaration, connection, [check])
    result = accepted(declaration, check.run(declaration, snapshot))
    reading = snapshot.unreachable or snapshot.get(WHOAMI)
    user = reading.value if isinstance(reading, Read) else None
    return Diagnosis(
        **cluster_head(SCHEMA, target, result),
        kubeconfig=connection.source,
        reason=connection.reason,
        proxy=connection.proxy is not None,
        account=user.username if user else "",
        groups=tuple(user.groups) if user else (),
        client_version=installed_version("cortex-on-kubernetes"),
        python_version=sys.version.split()[0],
        result=result,
    )


async def _whoami(reader: Reader) -> Reading[UserInfo]:
    return await whoami(reader.api)


WHOAMI = Collector(_whoami)
