"""What `cortex config list` shows: each declared ConfigMap, and which declaration is deployed."""

import msgspec

from checks.declaration.check import CHECK as DECLARATION
from checks.declaration.deployed import content_hash
from checks.kube.models import ConfigMap
from checks.kube.reading import Read, ReadFailure, Reading
from checks.results.catalogue import finding
from checks.results.cluster_document import head
from checks.results.conclusion import exit_code
from checks.results.document import Document
from checks.results.result import Finding, Ref, Severity, Suppressed, Unknown
from checks.results.suppressions import accepted
from checks.secrets.wanted import WantedConfigMap, shown, wanted_config_maps
from checks.snapshot.take import take
from checks.target import Target
from checks.times import rfc3339
from stacks.model import names

SCHEMA = "cortex.dev/config/v1"


class ConfigEntry(msgspec.Struct, frozen=True, rename="camel"):
    """A ConfigMap that the declaration needs. `used_by` names servers and workloads; unknown values are null."""

    namespace: str
    name: str
    present: bool | None
    keys: tuple[str, ...]
    created: str | None
    """When it was created, in RFC 3339, UTC."""
    used_by: tuple[str, ...]
    as_declared: bool | None


class ConfigReport(Document, frozen=True, rename="camel", kw_only=True):
    """The report of `cortex config list`. `declaration` and `deployed` are hashes of the declaration."""

    declaration: str
    deployed: str | None
    config_maps: tuple[ConfigEntry, ...]
    findings: tuple[Finding, ...]
    unknowns: tuple[Unknown, ...]
    suppressed: tuple[Suppressed, ...] = ()
    """Findings that the declaration accepts."""


async def config_report(target: Target) -> ConfigReport:
    """Read the ConfigMaps of a stack and its deployed declaration, and compare them with what is declared here."""
    declaration = target.declaration
    snapshot = await take(declaration, target.connection, [DECLARATION])
    verified = DECLARATION.run(declaration, snapshot)
    found = {one.place: snapshot.config_map(*one.place) for one in wanted_config_maps(declaration)}
    entries = tuple(_config_map(one, found[one.place]) for one in wanted_config_maps(declaration))
    failures = (reading for reading in found.values() if isinstance(reading, ReadFailure))
    unknowns = dict.fromkeys((*verified.unknowns, *(Unknown.of(u) for u in failures)))
    findings = (*verified.findings, *(_drift(entry) for entry in entries if entry.as_declared is False))
    result = accepted(declaration, msgspec.structs.replace(verified, findings=findings, unknowns=tuple(unknowns)))
    published = snapshot.config_map(names.SYSTEM_NAMESPACE, names.DECLARATION_CONFIG_MAP)
    there = published.value if isinstance(published, Read) else None
    return ConfigReport(
        **head(SCHEMA, target, exit_code((result,), Severity.ERROR)),
        declaration=declaration.digest(),
        deployed=content_hash(there) if there else None,
        config_maps=entries,
        findings=result.findings,
        unknowns=result.unknowns,
        suppressed=result.suppressed,
    )


def _drift(entry: ConfigEntry) -> Finding:
    ref = Ref("ConfigMap", entry.name, entry.namespace)
    if not entry.present:
        return finding("config.missing", ref, "the ConfigMap does not exist", expected="present", actual="absent")
    return finding("config.data", ref, "its data is not as declared", expected="as declared", actual="changed")


def _config_map(config_map: WantedConfigMap, reading: Reading[ConfigMap | None]) -> ConfigEntry:
    there = reading.value if isinstance(reading, Read) else None
    created = there.metadata.creation_timestamp if there else None
    return ConfigEntry(
        namespace=config_map.place.namespace,
        name=config_map.place.name,
        present=None if isinstance(reading, ReadFailure) else there is not None,
        keys=tuple(sorted(there.data)) if there else (),
        created=rfc3339(created) if created else None,
        used_by=shown(config_map.users),
        as_declared=None if isinstance(reading, ReadFailure) else there is not None and there.data == config_map.data,
    )
