"""Read the object of an event, which may have changed or gone since the event."""

from checks.events.occurrence import Occurrence
from checks.kube.client import ApiClient
from checks.kube.reading import ReadFailure
from checks.reactions.objects import PODS, Pod
from checks.reactions.reaction import Reaction


async def read_pod(occurred: Occurrence, api: ApiClient) -> Pod | Reaction:
    """Return the pod of an event, or the reaction that says why there is none."""
    reading = await api.get(PODS, occurred.object.namespace, occurred.object.name)
    if isinstance(reading, ReadFailure):
        return unread(occurred, reading)
    return reading.value or gone(occurred)


def gone(occurred: Occurrence) -> Reaction:
    """Return the reaction to an event of an object that no longer exists."""
    return Reaction(f"{occurred.object} no longer exists")


def unread(occurred: Occurrence, failure: ReadFailure) -> Reaction:
    """Return the reaction to an event of an object that cannot be read; the message names a missing permission."""
    return Reaction(f"{occurred.object} could not be examined", (f"{failure.what}: {failure.message}",))
