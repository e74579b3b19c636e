"""ResourceExhausted, and FailedCreate because of a quota: what is used, and by whom."""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal

from checks.events.occurrence import Occurrence
from checks.kube import models as k8s
from checks.kube.client import ApiClient
from checks.kube.reading import ReadFailure
from checks.kube.resources import QUOTAS
from checks.plain_text import enumerated
from checks.reactions.objects import PODS, UNFINISHED, Pod
from checks.reactions.reaction import Reaction
from checks.reactions.reading import unread
from checks.reactions.requests import limits, requests, shown
from checks.usage.quota import QuotaUse, uses

MOST_CONSUMERS = 5
NEARLY_PERCENT = 90.0
"""A resource that is used up so far counts as exhausted if the event does not name any."""
_REFUSED = re.compile(r"(?:exceeded|failed) quota: (?P<name>[a-z0-9.-]+)")
_REQUESTED = re.compile(r"requested: (?P<amounts>\S+),")


async def react(occurred: Occurrence, api: ApiClient) -> Reaction | None:
    """Return the use of the quotas of the object's namespace; None if no quota has to do with the event."""
    namespace, refused = occurred.object.space, _REFUSED.search(occurred.message)
    if not namespace or (occurred.reason == "FailedCreate" and refused is None):
        return None
    quotas = await api.list(QUOTAS, namespace)
    if isinstance(quotas, ReadFailure):
        return unread(occurred, quotas)
    pods = await api.list(PODS, namespace, fields=UNFINISHED)
    concerned = [each for each in quotas.value if refused is None or each.metadata.name == refused["name"]]
    failure = f"{pods.what}: {pods.message}" if isinstance(pods, ReadFailure) else ""
    return explain(occurred, concerned, () if isinstance(pods, ReadFailure) else pods.value, failure)


def explain(occurred: Occurrence, quotas: Iterable[k8s.Quota], pods: Iterable[Pod], failure: str = "") -> Reaction:
    """Return the use of quotas, and the largest consumers of what is exhausted."""
    used = [(quota.metadata.name, use) for quota in quotas for use in uses(quota)]
    asked = _requested(occurred.message)
    exhausted = [(name, use) for name, use in used if _exhausted(use, asked)]
    # What is exhausted is said in the summary, the rest of the quotas in the details.
    what = "; ".join(f"{name}: {_use(use)}" for name, use in exhausted) or "no quota of its namespace is exhausted now"
    resources = dict.fromkeys(use.resource for _, use in exhausted)
    details = [
        occurred.message,
        *(f"ResourceQuota {name}: {_use(use)}" for name, use in used),
        *(line for resource in resources for line in _consumers(resource, pods)),
        *([failure] if failure else []),
    ]
    return Reaction(f"{occurred.object} meets a limit of its namespace: {what}", tuple(details))


def _requested(message: str) -> frozenset[str]:
    """Return the resources that a refusal names: `requested: pods=1,requests.cpu=2, used: ...`."""
    found = _REQUESTED.search(message)
    return frozenset(each.partition("=")[0] for each in found["amounts"].split(",")) if found else frozenset()


def _exhausted(use: QuotaUse, asked: frozenset[str]) -> bool:
    return use.resource in asked if asked else use.percent is None or use.percent >= NEARLY_PERCENT


def _use(use: QuotaUse) -> str:
    percent = "" if use.percent is None else f" ({use.percent:.0f} %)"
    return f"{use.resource} {use.used} of {use.hard}{percent}"


def _consumers(resource: str, pods: Iterable[Pod]) -> Iterator[str]:
    """Yield who uses most of a resource, if it is one that pods use."""
    sums: dict[str, Decimal] = {}
    for pod in pods:
        if value := _used_by(pod, resource):
            sums[_owner(pod)] = sums.get(_owner(pod), Decimal(0)) + value
    largest = sorted(sums.items(), key=lambda each: (-each[1], each[0]))
    if largest:
        named = enumerated((f"{name} {shown(resource, value)}" for name, value in largest), MOST_CONSUMERS)
        yield f"largest consumers of {resource}: {named}"


def _used_by(pod: Pod, resource: str) -> Decimal:
    part, _, name = resource.removeprefix("count/").rpartition(".")
    # A quota of `cpu` is one of `requests.cpu`.
    return (limits(pod) if part == "limits" else requests(pod)).get(name, Decimal(0))


def _owner(pod: Pod) -> str:
    owner = next((each for each in pod.metadata.owner_references if each.controller), None)
    return f"{owner.kind} {owner.name}" if owner else f"Pod {pod.metadata.name}"
