"""Ask the API server whether the account has the permissions that a plan needs."""

from collections.abc import Iterable

import anyio

from checks.kube.client import ApiClient, Kind
from checks.kube.models import AccessReview
from checks.kube.reading import Permission, ReadFailure, Reading
from checks.kube.resources import Document
from checks.repair.kinds import kind_of
from checks.repair.steps import Step

REVIEWS = Kind("apis/authorization.k8s.io/v1", "selfsubjectaccessreviews", AccessReview)


async def missing_permissions(api: ApiClient, steps: Iterable[Step]) -> tuple[Permission, ...] | ReadFailure:
    """Return the permissions that the steps need and the account lacks, or the failure of a review.

    Each review names its object, because a role can be limited to named objects.
    """
    needed = {(_verb(step), step.object): None for step in steps}
    answers: dict[tuple[str, str, str], Reading[AccessReview]] = {}

    async def ask(verb: str, kind: Kind[Document], namespace: str, name: str) -> None:
        attributes = {
            "verb": verb,
            "group": kind.group,
            "resource": kind.plural,
            "namespace": namespace,
            "name": name,
        }
        document = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        own = Permission("create", REVIEWS.resource())
        answer = await api.ask("review the permissions of the account", REVIEWS.path(), document, AccessReview, own)
        answers[verb, f"{kind.resource()}", f"{namespace}/{name}"] = answer

    async with anyio.create_task_group() as group:
        for verb, ref in needed:
            group.start_soon(ask, verb, kind_of(ref), ref.namespace, ref.name)
    lacking: dict[Permission, None] = {}
    for (verb, resource, place), answer in sorted(answers.items(), key=lambda pair: pair[0]):
        if isinstance(answer, ReadFailure):
            return answer
        if not answer.value.status.allowed:
            lacking[Permission(verb, resource, place.partition("/")[0])] = None
    return tuple(lacking)


def _verb(step: Step) -> str:
    return "delete" if step.is_deletion else "patch"
