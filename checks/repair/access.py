"""Ask the API server whether the account has the permissions that a plan needs."""

from collections.abc import Iterable

from checks.kube.client import ApiClient, Kind
from checks.kube.concurrent import read_each
from checks.kube.models import AccessReview
from checks.kube.reading import Permission, ReadFailure, Reading
from checks.repair.kinds import kind_of
from checks.repair.steps import Step
from checks.results.result import Ref

REVIEWS = Kind("apis/authorization.k8s.io/v1", "selfsubjectaccessreviews", AccessReview)


async def missing_permissions(api: ApiClient, steps: Iterable[Step]) -> tuple[Permission, ...] | ReadFailure:
    """Return the permissions that the steps need and the account lacks, or the failure of a review.

    Each review names its object, because a role can be limited to named objects.
    """

    async def ask(needed: tuple[str, Ref]) -> Reading[AccessReview]:
        verb, ref = needed
        kind = kind_of(ref)
        attributes = {
            "verb": verb,
            "group": kind.group,
            "resource": kind.plural,
            "namespace": ref.namespace,
            "name": ref.name,
        }
        document = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        own = Permission("create", REVIEWS.resource())
        return await api.ask("review the permissions of the account", REVIEWS.path(), document, AccessReview, own)

    answers = await read_each(ask, dict.fromkeys((_verb(step), step.object) for step in steps))
    lacking: set[Permission] = set()
    for (verb, ref), answer in answers.items():
        if isinstance(answer, ReadFailure):
            return answer
        if not answer.value.status.allowed:
            lacking.add(Permission(verb, kind_of(ref).resource(), ref.namespace))
    return tuple(sorted(lacking, key=lambda one: (one.verb, one.resource, one.namespace)))


def _verb(step: Step) -> str:
    return "delete" if step.is_deletion else "patch"
