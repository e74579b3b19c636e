"""React to a volume that cannot be mounted."""

from checks.events.occurrence import Occurrence
from checks.kube.client import ApiClient
from checks.kube.reading import ReadFailure
from checks.kube.resources import PODS
from checks.reactions.reaction import Action, Reaction, Verb


async def react(occurred: Occurrence, api: ApiClient) -> Reaction | None:
    """Say which node the volume is not mounted on, and propose a new pod."""
    about = occurred.object
    pod = await api.get(PODS, about.namespace, about.name)
    if isinstance(pod, ReadFailure):
        return Reaction(f"{about} cannot be read", (pod.message,))
    if pod.value is None or pod.value.ready:
        return None
    node = pod.value.spec.node_name
    action = Action(Verb.RESTART, about, "a new pod can get another node")
    return Reaction(f"{about} waits for a volume on node {node}", (occurred.message,), action)
