"""Are the declared namespaces there, labelled, secured and limited as declared? (Seed, section 4.)"""

from collections.abc import Mapping

from checks import objects as k8s
from checks.findings import Ref, Row
from checks.snapshot import Snapshot
from checks.tally import Tally
from stacks import names
from stacks.model import Declaration
from stacks.namespace import ContainerLimits, Namespace
from stacks.quantity import amount

POD_SECURITY_MODES = ("enforce", "audit", "warn")


def judge(declaration: Declaration, snapshot: Snapshot) -> Row:
    """Judge each declared namespace with its ResourceQuota and LimitRange."""
    tally = Tally("namespaces", "Namespaces, quotas, limits")
    listing = tally.use(snapshot.namespaces)
    live = {namespace.metadata.name: namespace for namespace in listing.value} if listing else {}
    for name, declared in declaration.namespaces.items():
        ref = Ref("Namespace", name)
        if listing is not None:
            if not tally.holds(
                name in live,
                "namespace.missing",
                ref,
                "the namespace does not exist",
                expected="present",
                actual="absent",
            ):
                continue
            _namespace(tally, declaration.cluster.environment, declared, live[name], ref)
        if (quotas := tally.use(snapshot.quotas[name])) is not None:
            _quota(tally, name, declared, quotas.value)
        if (limits := tally.use(snapshot.limits[name])) is not None:
            _limits(tally, name, declared.limits, limits.value)
    return tally.row()


def _namespace(tally: Tally, environment: str, declared: Namespace, live: k8s.Namespace, ref: Ref) -> None:
    phase = live.status.phase
    tally.equal("namespace.terminating", ref, f"the namespace is {phase}", "Active", phase)
    labels = {names.COMPONENT: declared.component, names.ENVIRONMENT: environment}
    differences(tally, "namespace.label", ref, "label", labels, live.metadata.labels)
    levels = {f"{names.POD_SECURITY}{mode}": declared.pod_security for mode in POD_SECURITY_MODES}
    differences(tally, "namespace.pod-security", ref, "label", levels, live.metadata.labels)
    notes = {names.DESCRIPTION: declared.description, names.OWNER: declared.owner}
    differences(tally, "namespace.annotation", ref, "annotation", notes, live.metadata.annotations)


def differences(
    tally: Tally, code: str, ref: Ref, what: str, declared: Mapping[str, str], live: Mapping[str, str]
) -> None:
    """Assert that each declared label or annotation has its value; others may be there."""
    for key, value in declared.items():
        fault = "has another value" if key in live else "is missing"
        tally.equal(code, ref, f"the {what} {key} {fault}", value, live.get(key))


def _quota(tally: Tally, namespace: str, declared: Namespace, live: tuple[k8s.Quota, ...]) -> None:
    ref = Ref("ResourceQuota", names.quota(namespace), namespace)
    quota = next((quota for quota in live if quota.metadata.name == ref.name), None)
    if quota is None:
        tally.fault(
            "quota.missing",
            ref,
            "the ResourceQuota does not exist",
            expected="present",
            actual="absent",
        )
        return
    _quantities(tally, "quota.hard", ref, "spec.hard", declared.quota.hard(), quota.spec.hard)


def _limits(tally: Tally, namespace: str, declared: ContainerLimits, live: tuple[k8s.LimitRange, ...]) -> None:
    ref = Ref("LimitRange", names.limits(namespace), namespace)
    limits = next((limits for limits in live if limits.metadata.name == ref.name), None)
    if limits is None:
        tally.fault("limits.missing", ref, "the LimitRange does not exist", expected="present", actual="absent")
        return
    expected = {
        f"Container.{side}.{unit}": quantity
        for side, compute in declared.model_dump(by_alias=True).items()
        for unit, quantity in compute.items()
    }
    actual = {
        f"{item.type}.{side}.{unit}": quantity
        for item in limits.spec.limits
        for side, figures in _sides(item).items()
        for unit, quantity in figures.items()
    }
    _quantities(tally, "limits.value", ref, "spec.limits", expected, actual)


def _sides(item: k8s.Limit) -> dict[str, k8s.Text]:
    return {"max": item.max, "min": item.min, "default": item.default, "defaultRequest": item.default_request}


def _quantities(
    tally: Tally, code: str, ref: Ref, place: str, declared: Mapping[str, str], live: Mapping[str, str]
) -> None:
    for key in [*declared, *sorted(set(live) - set(declared))]:
        expected, actual = declared.get(key), live.get(key)
        same = expected is not None and actual is not None and amount(expected) == amount(actual)
        fault = "is missing" if actual is None else "is undeclared" if expected is None else "has another value"
        tally.holds(same, code, ref, f"{place}: {key} {fault}", expected=expected, actual=actual)
