"""Find the resource that a text such as pods/exec or deployments.apps means, among those that the API server serves."""

from collections.abc import Iterable
from dataclasses import dataclass

from checks.errors import UncheckedError, UsageError
from checks.kube.client import ApiClient, Kind
from checks.kube.concurrent import read_each
from checks.kube.models import ApiResources
from checks.kube.reading import Read, ReadFailure, Reading
from checks.rbac.requests import ANY, kind
from stacks.model.suggestion import did_you_mean, meant

_UNSERVED = {
    "users": "",
    "groups": "",
    "uids": "authentication.k8s.io",
    "userextras": "authentication.k8s.io",
    "signers": "certificates.k8s.io",
}
"""Resources that only rules name, with their API group: for impersonation, and for certificate requests."""


@dataclass(frozen=True)
class Resource:
    """A resource with its API group, and the verbs that the API server serves; none if it is not served."""

    group: str
    name: str
    """Plural, with the subresource: pods/exec."""
    namespaced: bool
    verbs: frozenset[str] = frozenset()


async def find(api: ApiClient, text: str) -> Resource:
    """Return the resource that a text means; the core group comes first, as for kubectl.

    Raises:
        UsageError: there is no such resource, or several.
        UncheckedError: the API server did not say which resources it serves.
    """
    name, group = _parsed(text)
    if name == ANY:
        return Resource(group or ANY, ANY, namespaced=True)
    virtual = _UNSERVED.get(name.partition("/")[0])
    if virtual is not None and group in ("", virtual):
        return Resource(virtual, name, namespaced=False)
    served = await _core(api) if not group else ()
    found = [each for each in served if each.name == name]
    if not found:
        others = await _others(api, group)
        served = (*served, *others)
        found = [each for each in others if each.name == name]
    if not found:
        known = {kind(each.name, each.group) for each in served}
        advice = f"{meant(text, known)}see `kubectl api-resources`"
        raise UsageError(f"the cluster serves no resource {text!r}: {advice}")
    groups = sorted({each.group for each in found})
    if len(groups) > 1:
        choices = ", ".join(kind(name, each) for each in groups)
        raise UsageError(f"several API groups have the resource {name!r}: write one of {choices}")
    return found[0]


def _parsed(text: str) -> tuple[str, str]:
    """Return name and API group: of pods/exec, deployments.apps/scale (kubectl) or deployments/scale.apps (reports)."""
    head, slash, subresource = text.partition("/")
    name, _, group = head.partition(".")
    if slash and not group:
        subresource, _, group = subresource.partition(".")
    return f"{name}{slash}{subresource}", group


async def _core(api: ApiClient) -> tuple[Resource, ...]:
    return _resources("", _known(await _version(api, "api/v1")))


async def _others(api: ApiClient, group: str) -> tuple[Resource, ...]:
    groups = await api.groups()
    if isinstance(groups, ReadFailure):
        raise _unsaid(groups)
    versions = [each.group_version for known in groups.value.groups for each in known.versions]
    wanted = [version for version in versions if group in ("", version.partition("/")[0])]
    found = await read_each(lambda version: _version(api, f"apis/{version}"), wanted)
    return tuple(
        resource for version, reading in found.items() for resource in _resources(version.partition("/")[0], reading)
    )


async def _version(api: ApiClient, version: str) -> Reading[ApiResources | None]:
    prefix, _, last = version.rpartition("/")
    return await api.get(Kind("", prefix, ApiResources), "", last)


def _known(reading: Reading[ApiResources | None]) -> Reading[ApiResources | None]:
    if isinstance(reading, ReadFailure):
        raise _unsaid(reading)
    return reading


def _resources(group: str, reading: Reading[ApiResources | None]) -> tuple[Resource, ...]:
    # The API server of a group of its own may be down: its resources are not found then.
    served = reading.value.resources if isinstance(reading, Read) and reading.value else ()
    return tuple(Resource(group, each.name, each.namespaced, frozenset(each.verbs)) for each in served)


def _unsaid(failure: ReadFailure) -> UncheckedError:
    return UncheckedError(f"the API server did not say which resources it serves: {failure.message}")


def require_served(resource: Resource, verb: str, named: Iterable[str]) -> None:
    """Check that the API server serves a verb of a resource, or that a role names it.

    Raises:
        UsageError: neither is so, and so only those who may do everything may do it.
    """
    known = {*resource.verbs, *named, "bind", "escalate", "impersonate", ANY}
    if verb not in known:
        what = kind(resource.name, resource.group)
        raise UsageError(
            f"the resource {what} has no verb {verb!r}, and no role names it: {did_you_mean(verb, sorted(known))}"
        )
