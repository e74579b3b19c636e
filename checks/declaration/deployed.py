"""The declaration that the last deployment left in the cluster: all that a verifier inside knows of the stack."""

import hashlib

from pydantic import ValidationError

from checks.kube.client import ApiClient
from checks.kube.connection import Connection
from checks.kube.models import ConfigMap
from checks.kube.reading import ReadFailure, Reading, Reason
from checks.kube.resources import CONFIG_MAPS
from checks.kube.retry import patiently
from stacks.model import names
from stacks.model.declaration import Declaration
from stacks.validation.validate import validate

PLACE = f"ConfigMap {names.SYSTEM_NAMESPACE}/{names.DECLARATION_CONFIG_MAP}"

_NETWORK = frozenset({Reason.UNREACHABLE, Reason.TIMEOUT})


async def read(connection: Connection) -> Declaration | ReadFailure:
    """Read the deployed declaration; of one that is not there or cannot be understood, say why and what to do."""
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
            "holds no declaration that this version understands: deploy the stack again, "
            "with a verifier image of the same version",
            reading.seconds,
        )
    return declaration


def parse(config_map: ConfigMap) -> Declaration | None:
    """Give the declaration in the ConfigMap; None if its content is none."""
    try:
        declaration = Declaration.model_validate_json(config_map.data.get(names.DECLARATION_KEY, ""))
    except ValidationError:
        return None
    return None if validate(declaration) else declaration


def content_hash(config_map: ConfigMap) -> str:
    """Give the hash of the ConfigMap's content as it stands, whichever version of the model wrote it."""
    return hashlib.sha256(config_map.data.get(names.DECLARATION_KEY, "").encode()).hexdigest()


def _answered(reading: Reading[ConfigMap | None]) -> bool:
    return not (isinstance(reading, ReadFailure) and reading.reason in _NETWORK)


def _useless(why: str, seconds: float) -> ReadFailure:
    return ReadFailure("read the deployed declaration", Reason.FAILED, f"{PLACE} {why}", seconds=seconds)
