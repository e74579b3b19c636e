"""Ask the API server which account it sees."""

from checks.kube.client import ApiClient
from checks.kube.models import SelfReview, UserInfo
from checks.kube.reading import Permission, Read, ReadFailure, Reading

_PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"


async def whoami(api: ApiClient) -> Reading[UserInfo]:
    """Ask the API server which account it sees (SelfSubjectReview)."""
    document = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
    permission = Permission("create", "selfsubjectreviews.authentication.k8s.io")
    reading = await api.ask("ask which account this is", _PATH, document, SelfReview, permission)
    return reading if isinstance(reading, ReadFailure) else Read(reading.value.status.user_info, reading.seconds)
