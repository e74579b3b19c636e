"""Request a token of a ServiceAccount, which expires (TokenRequest)."""

from datetime import timedelta

from checks.errors import UncheckedError
from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.models import TokenRequest
from checks.kube.models.reviews import TokenStatus
from checks.kube.reading import Permission, ReadFailure
from checks.rbac.requests import Account


async def request_token(
    connection: Connection, account: Account, duration: timedelta, audience: str = ""
) -> TokenStatus:
    """Return a new token that is valid for the duration, for the audience or else for the API server.

    Raises:
        UncheckedError: the API server issued no token.
    """
    spec = {"expirationSeconds": int(duration.total_seconds()), **({"audiences": [audience]} if audience else {})}
    document = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
    path = f"/api/v1/namespaces/{account.namespace}/serviceaccounts/{account.name}/token"
    permission = Permission("create", "serviceaccounts/token", account.namespace)
    async with connection.client() as client:
        given = await ApiClient(client).ask(f"request a token of {account}", path, document, TokenRequest, permission)
    if isinstance(given, ReadFailure):
        raise UncheckedError(f"no token of {account}: {given.message}")
    return given.value.status
