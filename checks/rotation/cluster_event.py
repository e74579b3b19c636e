"""Kubernetes Events about a Secret, for who watches the cluster."""

from enum import StrEnum

from checks.kube.client import ApiClient
from checks.kube.reading import ReadFailure
from checks.kube.resources import EVENTS
from checks.rotation.log import now
from checks.rotation.readers import MANAGER
from checks.secrets.wanted import Place


class EventReason(StrEnum):
    """What happened."""

    ROTATED = "SecretRotated"
    REVERTED = "SecretRotationReverted"
    REVOKED = "SecretRevoked"


async def tell(api: ApiClient, place: Place, reason: EventReason, rotation: str, message: str) -> str:
    """Make an Event, once for a rotation; return why that failed, or nothing."""
    name, at = f"{place.name}.{rotation}.{reason.lower()}", now()
    document = {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": name, "namespace": place.namespace},
        "involvedObject": {"apiVersion": "v1", "kind": "Secret", "name": place.name, "namespace": place.namespace},
        "type": "Warning" if reason is EventReason.REVERTED else "Normal",
        "reason": reason,
        "message": message,
        "source": {"component": MANAGER},
        "reportingComponent": MANAGER,
        "firstTimestamp": at,
        "lastTimestamp": at,
        "count": 1,
    }
    made = await api.create(EVENTS, place.namespace, name, document)
    return str(made) if isinstance(made, ReadFailure) and made.status != 409 else ""
