"""The settings of which no object has a field, each with the reason why it needs no mutation."""

from tests.checks.mutations.settings import Setting

_NO_OBJECT = "says what a verification expects, and reaches no object"
_OPERATED = "says what a deployment or an agent does, and reaches no object but the declaration"
_VALUE = "reaches only the content of a Secret, of which there is a mutation (secret.content)"
REASONS: dict[str, tuple[str, ...]] = {
    _NO_OBJECT: (
        "Authorization.anonymous",
        "Authorization.clientCredentials",
        "ClientCredentials.*",
        "Cluster.customResources",
        "Cluster.networkPolicies",
        "Cluster.nodes",
        "Declaration.suppressions",
        "Declaration.talos",
        "Declaration.toolLock",
        "PodTls.verify",
        "Secret.existing",
        "Secret.generated",
        "Secret.rotateAfterDays",
        "Server.protocols",
        "Server.smoke",
        "SmokeCall.*",
        "Suppression.*",
        "Talos.*",
    ),
    _OPERATED: (
        "Claim.retain",
        "Cluster.context",
        "EventLog.days",
        "Generator.*",
        "Rotation.every",
        "Rotation.key",
        "Webhook.format",
    ),
    _VALUE: ("Source.file", "Source.literal", "Source.pulumi"),
    "names namespaces of others: tests/stacks/test_existing_namespaces_live.py": ("Declaration.existingNamespaces",),
    "its objects are compared as a whole: tests/stacks/test_manifest_files_live.py": ("Declaration.manifests",),
}
EXCUSED = [pattern for patterns in REASONS.values() for pattern in patterns]


def excused(setting: Setting, patterns: list[str] = EXCUSED) -> bool:
    """Return whether a setting needs no mutation."""
    return f"{setting[0]}.{setting[1]}" in patterns or f"{setting[0]}.*" in patterns
