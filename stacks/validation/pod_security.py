"""Check that pods satisfy the Pod Security level of their namespace, before admission refuses them.

Source: Kubernetes, "Pod Security Standards".
"""

from collections.abc import Iterator

from stacks.model.declaration import Declaration
from stacks.model.namespace import PodSecurity
from stacks.model.security_context import SecurityContext

_BASELINE_CAPABILITIES = frozenset(
    {
        "AUDIT_WRITE",
        "CHOWN",
        "DAC_OVERRIDE",
        "FOWNER",
        "FSETID",
        "KILL",
        "MKNOD",
        "NET_BIND_SERVICE",
        "SETFCAP",
        "SETGID",
        "SETPCAP",
        "SETUID",
        "SYS_CHROOT",
    }
)
_RESTRICTED_CAPABILITIES = frozenset({"NET_BIND_SERVICE"})
_ORDER: tuple[PodSecurity, ...] = ("restricted", "baseline", "privileged")


def exceptions(declaration: Declaration) -> Iterator[tuple[str, str, SecurityContext]]:
    """Yield the path of each declared security context, the namespace of its pods, and the context."""
    for owner, declared in declaration.running().items():
        contexts = {"": declared.security_context}
        contexts |= {f".{place}": one.security_context for place, one in declared.beside().items()}
        for place, context in contexts.items():
            if context:
                yield f"{owner.path}{place}.securityContext", declared.namespace, context


def faults(declaration: Declaration) -> Iterator[str]:
    """Yield every setting that admission would refuse, as `path: what is wrong: the way out`."""
    for path, name, context in exceptions(declaration):
        namespace, what = declaration.namespaces.get(name), path.partition(".")[0].removesuffix("s")
        for field, needed in _needed(context):
            if namespace and _ORDER.index(needed) > _ORDER.index(namespace.pod_security):
                yield (
                    f"{path}.{field}: Pod Security {namespace.pod_security!r} of namespace {name} refuses such pods: "
                    f"set namespaces.{name}.podSecurity: {needed}, or move the {what} to a namespace of its own"
                )


def _needed(context: SecurityContext) -> Iterator[tuple[str, PodSecurity]]:
    """Yield each field of a security context, and the strictest level that admits it."""
    if context.run_as_non_root is False:
        yield "runAsNonRoot", "baseline"
    if context.allow_privilege_escalation:
        yield "allowPrivilegeEscalation", "baseline"
    added = frozenset(context.add_capabilities)
    if added - _RESTRICTED_CAPABILITIES:
        yield "addCapabilities", "privileged" if added - _BASELINE_CAPABILITIES else "baseline"
    if context.seccomp_profile == "Unconfined":
        yield "seccompProfile", "privileged"
    if context.privileged:
        yield "privileged", "privileged"
