"""Read the deployed declaration, which is all that the in-cluster verifier knows of the stack."""

import hashlib
from dataclasses import replace

from pydantic import ValidationError

from checks.errors import UncheckedError
from checks.kube.client import ApiClient
from checks.kube.connection import Connection, from_service_account
from checks.kube.models import ConfigMap
from checks.kube.reading import ReadFailure, Reading, Reason
from checks.kube.resources import CONFIG_MAPS
from checks.kube.retry import patiently
from checks.target import Target
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.validation.validate import validate

PLACE = f"ConfigMap {names.SYSTEM_NAMESPACE}/{names.DECLARATION_CONFIG_MAP}"

_NETWORK = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT})


async def read_deployed(connection: Connection) -> Declaration | ReadFailure:
    """Read the deployed declaration; the result is a ReadFailure if it does not exist or cannot be read."""
    async with connection.client() as client:
        api = ApiClient(client)
        reading = await patiently(
            lambda: api.get(CONFIG_MAPS, names.SYSTEM_NAMESPACE, names.DECLARATION_CONFIG_MAP), _answered
        )
    if isinstance(reading, ReadFailure):
        return reading
    if reading.value is None:
        return _useless("does not exist: deploy the stack (`pulumi up`)", reading.seconds)
    declaration = parse(reading.value)
    if declaration is None:
        return _useless(
            "has no declaration that this version of cortex can read: deploy the stack again, "
            "with a verifier image of the same version",
            reading.seconds,
        )
    return declaration


async def deployed_target() -> Target:
    """Return what a pod of the stack is about: the deployed declaration, and the cluster of the pod.

    Raises:
        UsageError: this is not a pod with a token of a ServiceAccount.
        UncheckedError: the deployed declaration cannot be read.
    """
    connection = from_service_account()
    declaration = await read_deployed(connection)
    if isinstance(declaration, ReadFailure):
        raise UncheckedError(declaration.message)
    cluster = declaration.cluster
    inside = replace(connection, context=cluster.context, domain=cluster.service_domain())
    return Target("", declaration, inside)


def parse(config_map: ConfigMap) -> Declaration | None:
    """Return the declaration in the ConfigMap; None if its content is not a valid declaration."""
    try:
        declaration = Declaration.model_validate_json(config_map.data.get(names.DECLARATION_KEY, ""))
    except ValidationError:
        return None
    return None if validate(declaration) else declaration


def content_hash(config_map: ConfigMap) -> str:
    """Return the hash of the ConfigMap's content, whichever version of the model wrote it."""
    return hashlib.sha256(config_map.data.get(names.DECLARATION_KEY, "").encode()).hexdigest()


def _answered(reading: Reading[ConfigMap | None]) -> bool:
    return not (isinstance(reading, ReadFailure) and reading.reason in _NETWORK)


def _useless(why: str, seconds: float) -> ReadFailure:
    return ReadFailure("read the deployed declaration", Reason.FAILED, f"{PLACE} {why}", seconds=seconds)
