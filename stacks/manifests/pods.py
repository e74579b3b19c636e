"""Settings that all pods of the stack share. By default they satisfy Pod Security `restricted`."""

from collections.abc import Mapping, Sequence

from stacks.manifests.manifest import Value, given
from stacks.model.probe import Exchange, Exec, Grpc, HttpGet, Probe, TcpSocket
from stacks.model.process import Hook, Lifecycle
from stacks.model.resources import Resources
from stacks.model.security_context import SecurityContext

USER = 65532
"""The `nonroot` user of distroless images, which should own nothing on a node."""


def pod_security(exceptions: SecurityContext | None = None) -> dict[str, Value]:
    """Return the security context of a pod."""
    allowed = exceptions or SecurityContext()
    user, group, files = _ids(allowed)
    return given(
        {
            "runAsNonRoot": allowed.run_as_non_root is None,
            "runAsUser": user,
            "runAsGroup": group,
            # Lets the user read the files of a Secret, which are readable by this group only.
            "fsGroup": files,
            "supplementalGroups": allowed.supplemental_groups or None,
            "seccompProfile": {"type": allowed.seccomp_profile or "RuntimeDefault"},
        }
    )


def _ids(allowed: SecurityContext) -> tuple[int | None, int | None, int | None]:
    """Return the numbers of the user, its group and the group of files; None where the image or the cluster chooses."""
    if allowed.run_as_user == "assigned":
        return None, None, None
    if allowed.run_as_user is None and allowed.run_as_non_root is False:
        return None, allowed.run_as_group, allowed.fs_group
    user = USER if allowed.run_as_user is None else allowed.run_as_user
    group = user if allowed.run_as_group is None else allowed.run_as_group
    return user, group, group if allowed.fs_group is None else allowed.fs_group


def container_ids(exceptions: SecurityContext) -> dict[str, Value]:
    """Return the fields of a container's security context that differ from those of its pod."""
    user = exceptions.run_as_user if isinstance(exceptions.run_as_user, int) else None
    return given(
        {
            "runAsNonRoot": exceptions.run_as_non_root,
            "runAsUser": user,
            "runAsGroup": exceptions.run_as_group,
            "seccompProfile": {"type": exceptions.seccomp_profile} if exceptions.seccomp_profile else None,
        }
    )


def container_security(exceptions: SecurityContext | None = None) -> dict[str, Value]:
    """Return the security context of a container."""
    allowed = exceptions or SecurityContext()
    capabilities: dict[str, Value] = {"drop": ["ALL"]}
    return given(
        {
            "allowPrivilegeEscalation": bool(allowed.allow_privilege_escalation),
            "capabilities": capabilities | ({"add": allowed.add_capabilities} if allowed.add_capabilities else {}),
            "privileged": allowed.privileged,
            "readOnlyRootFilesystem": allowed.read_only_root_filesystem is None,
        }
    )


def resources(declared: Resources) -> dict[str, Value]:
    """Return the requests and limits of a container."""
    # Kubernetes does not overcommit extended resources: a request without an equal limit is refused.
    return {
        "requests": {**declared.requests.model_dump(), **declared.extended},
        "limits": {**declared.limits.model_dump(exclude_none=True), **declared.extended},
    }


def lifecycle(declared: Lifecycle | None) -> dict[str, Value] | None:
    """Return the hooks of a container."""
    if declared is None:
        return None
    return given({"postStart": _hook(declared.post_start), "preStop": _hook(declared.pre_stop)})


def _hook(declared: Hook | None) -> dict[str, Value] | None:
    if declared is None:
        return None
    return {"sleep": {"seconds": declared.sleep}} if declared.sleep else {"exec": {"command": declared.exec}}


def probe(
    declared: Probe, port: str, number: int | None, by_mcp: Sequence[str], *, tls: bool = False
) -> dict[str, Value] | None:
    """Return a probe, by default of the port with this name and number; None if there is no such probe.

    With `tls`, that port serves HTTPS. A connection to a port that does not exist is no probe. `by_mcp` is the command
    of a probe by MCP.
    """
    action = declared.action()
    if action is None or (isinstance(action, TcpSocket) and (action.port or number) is None):
        return None
    if isinstance(action, Exchange):
        action = Exec(command=tuple(by_mcp))
    return {**_action(action, port, number, tls=tls), **declared.timing()}


def http_probes(liveness: Value, readiness: Value) -> dict[str, Value]:
    """Return the two probes, both GET requests, of a program that starts within seconds."""
    return {
        "livenessProbe": {"httpGet": liveness, "initialDelaySeconds": 5, "timeoutSeconds": 5},
        # A deployment waits until it is ready, so it is asked often.
        "readinessProbe": {"httpGet": readiness, "periodSeconds": 2, "timeoutSeconds": 5},
    }


def _action(action: HttpGet | TcpSocket | Exec | Grpc, port: str, number: int | None, *, tls: bool) -> dict[str, Value]:
    match action:
        case HttpGet():
            headers: list[Value] = [{"name": name, "value": value} for name, value in action.headers.items()]
            secure = "HTTPS" if tls and action.port in (None, number) else None
            target = {"path": action.path, "port": action.port or port, "scheme": action.scheme or secure}
            return {"httpGet": given({**target, "httpHeaders": headers or None})}
        case TcpSocket():
            return {"tcpSocket": {"port": action.port or port}}
        case Exec():
            return {"exec": {"command": action.command}}
        case Grpc():
            # Kubernetes takes no name of a port here.
            return {"grpc": given({"port": action.port or number, "service": action.service or None})}


def spread(selector: Mapping[str, str]) -> dict[str, Value]:
    """Return the constraint that spreads the pods with these labels over the nodes."""
    return {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        # A cluster of one node must also run all of them.
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector},
        # Otherwise new pods would be spread together with those that they replace, and unevenly once those are gone.
        "matchLabelKeys": ["pod-template-hash"],
    }


def read_only(volume: str, path: str) -> dict[str, Value]:
    """Return the read-only mount of a volume."""
    return {"name": volume, "mountPath": path, "readOnly": True}
