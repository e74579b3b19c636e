"""Select the code of a difference by the object's kind and component and by the field's path."""

import re
from dataclasses import dataclass

from stacks.manifests.files import is_from_file
from stacks.manifests.manifest import Manifest
from stacks.model import names

_LABELS = r"(.*\.)?metadata\.labels\..*"
_ANNOTATIONS = r"(.*\.)?metadata\.annotations\..*"


@dataclass(frozen=True)
class Codes:
    """The codes of a family of objects: of a missing object, and of fields by the first matching pattern."""

    missing: str
    fields: tuple[tuple[str, str], ...] = ()

    def of(self, place: str) -> str:
        """Return the code of a field."""
        return next((code for pattern, code in (*self.fields, *_ANY) if re.fullmatch(pattern, place)), "object.field")


_ANY = ((_LABELS, "object.label"),)

_OTHER = Codes("object.missing")
_POLICY = Codes("network.missing", ((r"spec(\..*)?", "network.policy"),))

_KINDS = {
    "Namespace": Codes(
        "namespace.missing",
        (
            (rf"metadata\.labels\.{re.escape(names.POD_SECURITY)}.*", "namespace.pod-security"),
            (_LABELS, "namespace.label"),
            (_ANNOTATIONS, "namespace.annotation"),
        ),
    ),
    "ResourceQuota": Codes("quota.missing", ((r"spec\..*", "quota.hard"),)),
    "LimitRange": Codes("limits.missing", ((r"spec\..*", "limits.value"),)),
    "NetworkPolicy": _POLICY,
    "CiliumNetworkPolicy": _POLICY,
    "ServiceAccount": Codes("rbac.missing", ((r"automountServiceAccountToken", "rbac.token"),)),
    "Role": Codes("rbac.missing", ((r"rules.*", "rbac.rules"),)),
    "ClusterRole": Codes("rbac.missing", ((r"rules.*", "rbac.rules"),)),
    "RoleBinding": Codes("rbac.missing", ((r"subjects.*", "rbac.subjects"), (r"roleRef.*", "rbac.role"))),
    "ClusterRoleBinding": Codes("rbac.missing", ((r"subjects.*", "rbac.subjects"), (r"roleRef.*", "rbac.role"))),
    "CronJob": Codes("object.missing", ((r"spec\.suspend", "verifier.suspended"),)),
    "ConfigMap": Codes("config.missing", ((r"data.*", "config.data"),)),
}

_ROTATOR = Codes("object.missing", ((r"spec\.suspend", "rotator.suspended"),))

_WORKLOAD = Codes(
    "server.missing",
    (
        (_LABELS, "server.label"),
        (_ANNOTATIONS, "server.annotation"),
        (r"spec\.replicas", "server.replicas"),
        (r"spec\.template\.spec\.containers\[.*\]\.image", "server.image"),
        (r"spec\.template\.spec\.containers\[.*\]\.(liveness|readiness|startup)Probe.*", "server.probe"),
        (r"spec\..*", "server.spec"),
    ),
)

_SERVER = {
    "Deployment": _WORKLOAD,
    "StatefulSet": _WORKLOAD,
    "Service": Codes(
        "service.missing",
        ((r"spec\.ports.*", "service.port"), (r"spec\.selector.*", "service.selector")),
    ),
}
"""Codes of an MCP server; its other objects have the codes of their kind."""


def codes(obj: Manifest) -> Codes:
    """Return the codes of an object's family."""
    if is_from_file(obj):
        return _OTHER
    if obj.kind == "CronJob" and obj.declared_at == ("rotator",):
        return _ROTATOR
    server = _SERVER if obj.declared_at[:1] == ("servers",) else {}
    return server.get(obj.kind) or _KINDS.get(obj.kind, _OTHER)
