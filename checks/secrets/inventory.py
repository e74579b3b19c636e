"""What `cortex secrets` and `cortex config` show: each Secret or ConfigMap, and never a value of a Secret."""

from dataclasses import replace
from datetime import datetime

import anyio
import msgspec

from checks.cli.options import Target
from checks.declaration import check as declaration_judge
from checks.declaration import deployed
from checks.kube.client import ApiClient, Read, ReadFailure, Reading
from checks.kube.models import ConfigMap
from checks.results.catalogue import finding
from checks.results.result import Finding, Reason, Ref, Severity, Suppressed, Unknown
from checks.secrets import check as secrets_judge
from checks.secrets import collect as secrets
from checks.secrets import wanted
from checks.secrets.rolled import CONFIG_MAPS
from checks.secrets.sealed import Sealed
from checks.secrets.wanted import Place, WantedConfigMap, WantedSecret
from checks.verification.snapshot import nothing
from checks.verification.verify import accepted, exit_code
from stacks.model import names

SECRETS_SCHEMA = "cortex.dev/secrets/v1"
CONFIG_SCHEMA = "cortex.dev/config/v1"

_NOT_ASKED = ReadFailure("read anything else", Reason.BUG, "this command does not ask")


class SecretEntry(msgspec.Struct, frozen=True, rename="camel"):
    """A Secret that the declaration wants. `used_by` names MCP servers; what is not known is null."""

    namespace: str
    name: str
    present: bool | None
    keys: tuple[str, ...]
    changed: str | None
    """When its data last changed, in RFC 3339, UTC."""
    used_by: tuple[str, ...]
    as_deployed: bool | None
    """Whether it holds what was deployed; null also of a Secret that others make."""


class SecretsReport(msgspec.Struct, frozen=True, rename="camel"):
    """What `cortex secrets --format json` writes."""

    schema: str
    stack: str
    context: str
    exit_code: int
    secrets: tuple[SecretEntry, ...]
    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]
    suppressed: tuple[Suppressed, ...] = ()
    """Findings that the declaration accepts."""


class ConfigEntry(msgspec.Struct, frozen=True, rename="camel"):
    """A ConfigMap that the declaration wants. `used_by` names MCP servers; what is not known is null."""

    namespace: str
    name: str
    present: bool | None
    keys: tuple[str, ...]
    created: str | None
    """When it was made, in RFC 3339, UTC."""
    used_by: tuple[str, ...]
    as_declared: bool | None


class ConfigReport(msgspec.Struct, frozen=True, rename="camel"):
    """What `cortex config --format json` writes. `declaration` and `deployed` are hashes of the declaration."""

    schema: str
    stack: str
    context: str
    exit_code: int
    declaration: str
    deployed: str | None
    config_maps: tuple[ConfigEntry, ...]
    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]
    suppressed: tuple[Suppressed, ...] = ()
    """Findings that the declaration accepts."""


async def secrets_report(target: Target) -> SecretsReport:
    """Read and judge the Secrets of a stack."""
    declaration = target.declaration
    async with target.connection.client() as client:
        part = await secrets.read(declaration, target.connection, ApiClient(client))
    judged = secrets_judge.check(declaration, replace(nothing(declaration, _NOT_ASKED), secrets=part))
    result = accepted(declaration, judged)
    entries = (_secret(wanted_, part.secrets[wanted_.place]) for wanted_ in wanted.secrets(declaration))
    return SecretsReport(
        SECRETS_SCHEMA,
        target.stack,
        target.connection.context,
        exit_code((result,), Severity.ERROR),
        tuple(entries),
        result.findings,
        result.unknowns,
        result.suppressed,
    )


def _secret(secret: WantedSecret, reading: Reading[Sealed | None]) -> SecretEntry:
    there = reading.value if isinstance(reading, Read) else None
    return SecretEntry(
        namespace=secret.place.namespace,
        name=secret.place.name,
        present=None if isinstance(reading, ReadFailure) else there is not None,
        keys=tuple(sorted(there.keys)) if there else (),
        changed=_time(there.changed) if there else None,
        used_by=secret.users,
        as_deployed=there.intact if there else None,
    )


async def config_report(target: Target) -> ConfigReport:
    """Read the ConfigMaps of a stack and its deployed declaration, and compare them with what is declared here."""
    declaration = target.declaration
    found: dict[Place, Reading[ConfigMap | None]] = {}
    system = Place(names.SYSTEM_NAMESPACE, names.DECLARATION_CONFIG_MAP)
    async with target.connection.client() as client:
        api = ApiClient(client)

        async def get(place: Place) -> None:
            found[place] = await api.get(CONFIG_MAPS, *place)

        async with anyio.create_task_group() as group:
            for place in [system, *(config_map.place for config_map in wanted.config_maps(declaration))]:
                group.start_soon(get, place)
    judged = declaration_judge.check(declaration, replace(nothing(declaration, _NOT_ASKED), declaration=found[system]))
    entries = tuple(_config_map(one, found[one.place]) for one in wanted.config_maps(declaration))
    unread = (reading for place, reading in found.items() if place != system and isinstance(reading, ReadFailure))
    unknowns = (*judged.unknowns, *(Unknown(u.what, u.reason, u.message, u.permission) for u in unread))
    findings = (*judged.findings, *(_drift(entry) for entry in entries if entry.as_declared is False))
    result = accepted(declaration, msgspec.structs.replace(judged, findings=findings, unknowns=unknowns))
    published = found[system]
    there = published.value if isinstance(published, Read) else None
    return ConfigReport(
        CONFIG_SCHEMA,
        target.stack,
        target.connection.context,
        exit_code((result,), Severity.ERROR),
        declaration.digest(),
        deployed.content_hash(there) if there else None,
        entries,
        result.findings,
        result.unknowns,
        result.suppressed,
    )


def _drift(entry: ConfigEntry) -> Finding:
    ref = Ref("ConfigMap", entry.name, entry.namespace)
    if not entry.present:
        return finding("config.missing", ref, "the ConfigMap does not exist", expected="present", actual="absent")
    return finding("config.data", ref, "it does not hold what is declared", expected="as declared", actual="changed")


def _config_map(config_map: WantedConfigMap, reading: Reading[ConfigMap | None]) -> ConfigEntry:
    there = reading.value if isinstance(reading, Read) else None
    created = there.metadata.creation_timestamp if there else None
    return ConfigEntry(
        namespace=config_map.place.namespace,
        name=config_map.place.name,
        present=None if isinstance(reading, ReadFailure) else there is not None,
        keys=tuple(sorted(there.data)) if there else (),
        created=_time(created) if created else None,
        used_by=config_map.users,
        as_declared=None if isinstance(reading, ReadFailure) else there is not None and there.data == config_map.data,
    )


def _time(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
