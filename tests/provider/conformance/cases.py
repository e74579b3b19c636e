"""What the official plugin does with each kind: two versions of a program, the operations between, the objects after.

The expectations are written from the official plugin's documents and source (its table of fields that force a
replacement, its await and naming rules), not from ours; `OURS` are the known differences. `NS` stands for the run's
namespace. A resource that a case does not mention in `change` stays the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.provider.conformance.engine import Resource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PLUGIN_VARIABLE = "CORTEX_TEST_PLUGIN"
"""Environment variable: the executable of another plugin than ours; `make conformance PLUGIN=FILE` sets it."""

NS = "$NS"
SKIP_AWAIT = {"pulumi.com/skipAwait": "true"}
UPDATE, REPLACE, DELETED_FIRST, CREATE, DELETE, SAME = (
    "update",
    "replace, created first",
    "replace, deleted first",
    "create",
    "delete",
    "same",
)


@dataclass(frozen=True)
class Write:
    """Somebody else's merge patch of an object, or its deletion when the patch is None."""

    path: str
    patch: Mapping[str, Any] | None
    manager: str = "kubectl-edit"


@dataclass(frozen=True)
class Case:
    """A program, its next version, and what must come of it; paths are below the API's root."""

    name: str
    first: Sequence[Resource]
    second: Sequence[Resource] | None = None
    change: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, set[str]] = field(default_factory=dict)
    live: Mapping[str, Any] = field(default_factory=dict)
    """After the second version: parts that the object must have; None where there must be no such object."""
    meanwhile: Sequence[Write] = ()
    """Between the two versions."""
    drift: Sequence[Write] = ()
    """After the second version."""
    refreshed: Mapping[str, str] = field(default_factory=dict)
    repaired: Mapping[str, str] = field(default_factory=dict)
    existing: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """Objects that somebody else made before, and the collections they lie in."""


def meta(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": NS, **more}


def changing(
    name: str, kind: str, before: Mapping[str, Any], after: Mapping[str, Any], operation: str, path: str, **more: Any
) -> Case:
    """A case of one resource with one differing path."""
    return Case(
        name,
        [Resource(name, kind, before)],
        [Resource(name, kind, after)],
        {name: operation},
        {name: {path}},
        **more,
    )


def wide(name: str, **more: Any) -> dict[str, Any]:
    return {"name": f"{NS}-{name}", **more}


LABELS = {"app": "x"}
SELECTOR = {"matchLabels": LABELS}
NOWHERE = {"nodeSelector": {"nowhere": "true"}}


def template(image: str = "none", **container: Any) -> dict[str, Any]:
    return {
        "metadata": {"labels": LABELS},
        "spec": {"containers": [{"name": "c", "image": image, **container}], **NOWHERE},
    }


def workload(name: str, image: str = "none", selector: Any = SELECTOR, **spec: Any) -> dict[str, Any]:
    return {"metadata": meta(name), "spec": {"selector": selector, "template": template(image), **spec}}


RULE = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
TARGET = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "x"}
SUBJECT = {"kind": "ServiceAccount", "name": "default", "namespace": NS}


def reference(name: str, kind: str = "Role") -> dict[str, str]:
    return {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": name}


def volume(size: str = "1Gi", path: str = "/nowhere") -> dict[str, Any]:
    spec = {"capacity": {"storage": size}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": path}}
    return {"metadata": wide("volume"), "spec": {**spec, "storageClassName": "none"}}


def claim(mode: str = "ReadWriteOnce", **metadata: Any) -> dict[str, Any]:
    resources = {"requests": {"storage": "1Gi"}}
    spec = {"accessModes": [mode], "resources": resources, "storageClassName": "none"}
    return {"metadata": meta("claim", annotations=SKIP_AWAIT, **metadata), "spec": spec}


def job(image: str) -> dict[str, Any]:
    pod = template(image)
    pod["spec"]["restartPolicy"] = "Never"
    return {"metadata": meta("job", annotations=SKIP_AWAIT), "spec": {"suspend": True, "template": pod}}


def cron_job(schedule: str) -> dict[str, Any]:
    pod = template()
    pod["spec"]["restartPolicy"] = "Never"
    return {"metadata": meta("cron-job"), "spec": {"schedule": schedule, "jobTemplate": {"spec": {"template": pod}}}}


def pod(image: str, name: str = "pod", **labels: str) -> dict[str, Any]:
    metadata = meta(name, annotations=SKIP_AWAIT, labels=labels or None)
    return {"metadata": metadata, "spec": template(image)["spec"]}


def ingress(service: str) -> dict[str, Any]:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    rule = {"host": "a.example", "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}
    return {"metadata": meta("ingress", annotations=SKIP_AWAIT), "spec": {"rules": [rule]}}


def largest(size: str) -> dict[str, Any]:
    return {"limits": [{"type": "PersistentVolumeClaim", "max": {"storage": size}}]}


def ports(port: int, **spec: Any) -> dict[str, Any]:
    return {"metadata": meta(f"service-{port // 10}"), "spec": {"ports": [{"port": port}], **spec}}


CORE, APPS, BATCH = f"api/v1/namespaces/{NS}", f"apis/apps/v1/namespaces/{NS}", f"apis/batch/v1/namespaces/{NS}"
RBAC, NETWORK = f"apis/rbac.authorization.k8s.io/v1/namespaces/{NS}", f"apis/networking.k8s.io/v1/namespaces/{NS}"

KINDS = [
    changing(
        "config-map-data", "core.v1.ConfigMap",
        {"metadata": meta("config-map-data"), "data": {"a": "1"}},
        {"metadata": meta("config-map-data"), "data": {"a": "2"}},
        DELETED_FIRST, "data.a", live={f"{CORE}/configmaps/config-map-data": {"data": {"a": "2"}}},
    ),
    changing(
        "config-map-labels", "core.v1.ConfigMap",
        {"metadata": meta("config-map-labels", labels={"a-b": "1", "c.d/e": "1"}), "data": {"a": "1"}},
        {"metadata": meta("config-map-labels", labels={"a-b": "2", "c.d/e": "1"}), "data": {"a": "1"}},
        UPDATE, "metadata.labels.a-b",
        live={f"{CORE}/configmaps/config-map-labels": {"metadata": {"labels": {"a-b": "2"}}}},
    ),
    changing(
        "secret-data", "core.v1.Secret",
        {"metadata": meta("secret-data"), "stringData": {"a": "1"}},
        {"metadata": meta("secret-data"), "stringData": {"a": "2"}},
        DELETED_FIRST, "stringData.a", live={f"{CORE}/secrets/secret-data": {"data": {"a": "Mg=="}}},
    ),
    changing(
        "secret-type", "core.v1.Secret",
        {"metadata": meta("secret-type"), "data": {}, "type": "Opaque"},
        {"metadata": meta("secret-type"), "data": {}, "type": "example.com/other"},
        DELETED_FIRST, "type", live={f"{CORE}/secrets/secret-type": {"type": "example.com/other"}},
    ),
    changing(
        "service-account", "core.v1.ServiceAccount",
        {"metadata": meta("service-account")},
        {"metadata": meta("service-account"), "imagePullSecrets": [{"name": "x"}]},
        UPDATE, "imagePullSecrets",
        live={f"{CORE}/serviceaccounts/service-account": {"imagePullSecrets": [{"name": "x"}]}},
    ),
    changing(
        "namespace", "core.v1.Namespace",
        {"metadata": wide("more", labels={"a": "1"})},
        {"metadata": wide("more", labels={"b": "1"})},
        UPDATE, "metadata.labels.a", live={f"api/v1/namespaces/{NS}-more": {"metadata": {"labels": {"b": "1"}}}},
    ),
    changing(
        "role", "rbac.v1.Role",
        {"metadata": meta("role"), "rules": [RULE]},
        {"metadata": meta("role"), "rules": [RULE | {"verbs": ["list"]}]},
        UPDATE, "rules[0].verbs[0]", live={f"{RBAC}/roles/role": {"rules": [RULE | {"verbs": ["list"]}]}},
    ),
    changing(
        "role-binding-role", "rbac.v1.RoleBinding",
        {"metadata": meta("role-binding-role"), "roleRef": reference("a"), "subjects": [SUBJECT]},
        {"metadata": meta("role-binding-role"), "roleRef": reference("b"), "subjects": [SUBJECT]},
        DELETED_FIRST, "roleRef.name", live={f"{RBAC}/rolebindings/role-binding-role": {"roleRef": {"name": "b"}}},
    ),
    changing(
        "role-binding-subjects", "rbac.v1.RoleBinding",
        {"metadata": meta("role-binding-subjects"), "roleRef": reference("a"), "subjects": [SUBJECT]},
        {"metadata": meta("role-binding-subjects"), "roleRef": reference("a"), "subjects": [SUBJECT | {"name": "x"}]},
        UPDATE, "subjects[0].name",
    ),
    changing(
        "cluster-role", "rbac.v1.ClusterRole",
        {"metadata": wide("role"), "rules": [RULE]},
        {"metadata": wide("role"), "rules": [RULE, RULE | {"resources": ["nodes"]}]},
        UPDATE, "rules[1]",
    ),
    changing(
        "cluster-role-binding", "rbac.v1.ClusterRoleBinding",
        {"metadata": wide("binding"), "roleRef": reference("view", "ClusterRole"), "subjects": [SUBJECT]},
        {"metadata": wide("binding"), "roleRef": reference("edit", "ClusterRole"), "subjects": [SUBJECT]},
        DELETED_FIRST, "roleRef.name",
    ),
    changing(
        "deployment-image", "apps.v1.Deployment",
        workload("deployment-image", "a", replicas=0), workload("deployment-image", "b", replicas=0),
        UPDATE, "spec.template.spec.containers[0].image",
    ),
    changing(
        "deployment-selector", "apps.v1.Deployment",
        workload("selecting", replicas=0),
        workload("selecting", selector={"matchExpressions": [{"key": "app", "operator": "Exists"}]}, replicas=0),
        DELETED_FIRST, "spec.selector.matchLabels",
        live={f"{APPS}/deployments/selecting": {"spec": {"selector": {"matchExpressions": [{"key": "app"}]}}}},
    ),
    changing(
        "deployment-removed-field", "apps.v1.Deployment",
        workload("removing", replicas=0, minReadySeconds=5), workload("removing", replicas=0),
        UPDATE, "spec.minReadySeconds",
    ),
    changing(
        "service-ports", "core.v1.Service", ports(80), ports(81), UPDATE, "spec.ports[0].port",
        live={f"{CORE}/services/service-8": {"spec": {"ports": [{"port": 81}]}}},
    ),
    changing(
        "service-cluster-ip", "core.v1.Service",
        {"metadata": meta("service-ip"), "spec": {"ports": [{"port": 90}]}},
        {"metadata": meta("service-ip"), "spec": {"ports": [{"port": 90}], "clusterIP": "None"}},
        DELETED_FIRST, "spec.clusterIP", live={f"{CORE}/services/service-ip": {"spec": {"clusterIP": "None"}}},
    ),
    changing(
        "network-policy", "networking.v1.NetworkPolicy",
        {"metadata": meta("policy"), "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}},
        {"metadata": meta("policy"), "spec": {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{}]}},
        UPDATE, "spec.ingress", live={f"{NETWORK}/networkpolicies/policy": {"spec": {"ingress": [{}]}}},
    ),
    changing(
        "quota-hard", "core.v1.ResourceQuota",
        {"metadata": meta("quota"), "spec": {"hard": {"pods": "99"}}},
        {"metadata": meta("quota"), "spec": {"hard": {"pods": "98"}}},
        UPDATE, "spec.hard.pods", live={f"{CORE}/resourcequotas/quota": {"spec": {"hard": {"pods": "98"}}}},
    ),
    changing(
        "quota-scopes", "core.v1.ResourceQuota",
        {"metadata": meta("scopes"), "spec": {"hard": {"pods": "99"}, "scopes": ["BestEffort"]}},
        {"metadata": meta("scopes"), "spec": {"hard": {"pods": "99"}, "scopes": ["NotBestEffort"]}},
        DELETED_FIRST, "spec.scopes[0]",
    ),
    changing(
        "limit-range", "core.v1.LimitRange",
        {"metadata": meta("limits"), "spec": largest("3Ti")},
        {"metadata": meta("limits"), "spec": largest("2Ti")},
        UPDATE, "spec.limits[0].max.storage",
    ),
    changing(
        "disruption-budget", "policy.v1.PodDisruptionBudget",
        {"metadata": meta("budget"), "spec": {"minAvailable": 1, "selector": SELECTOR}},
        {"metadata": meta("budget"), "spec": {"minAvailable": "50%", "selector": SELECTOR}},
        UPDATE, "spec.minAvailable",
    ),
    changing(
        "autoscaler", "autoscaling.v2.HorizontalPodAutoscaler",
        {"metadata": meta("hpa"), "spec": {"maxReplicas": 2, "scaleTargetRef": TARGET}},
        {"metadata": meta("hpa"), "spec": {"maxReplicas": 3, "scaleTargetRef": TARGET}},
        UPDATE, "spec.maxReplicas",
    ),
    changing("job", "batch.v1.Job", job("a"), job("b"), DELETED_FIRST, "spec.template.spec.containers[0].image"),
    changing(
        "cron-job", "batch.v1.CronJob", cron_job("0 0 1 1 *"), cron_job("0 0 2 1 *"), UPDATE, "spec.schedule",
        live={f"{BATCH}/cronjobs/cron-job": {"spec": {"schedule": "0 0 2 1 *"}}},
    ),
    changing(
        "stateful-set-image", "apps.v1.StatefulSet",
        workload("stateful-set", "a", replicas=0, serviceName="x"),
        workload("stateful-set", "b", replicas=0, serviceName="x"),
        UPDATE, "spec.template.spec.containers[0].image",
    ),
    changing(
        "stateful-set-service", "apps.v1.StatefulSet",
        workload("stateful-set-2", replicas=0, serviceName="x"),
        workload("stateful-set-2", replicas=0, serviceName="y"),
        DELETED_FIRST, "spec.serviceName",
    ),
    changing(
        "daemon-set", "apps.v1.DaemonSet", workload("daemon-set", "a"), workload("daemon-set", "b"),
        UPDATE, "spec.template.spec.containers[0].image",
    ),
    changing(
        "volume-size", "core.v1.PersistentVolume", volume("1Gi"), volume("2Gi"), UPDATE, "spec.capacity.storage",
    ),
    changing("claim-labels", "core.v1.PersistentVolumeClaim", claim(), claim(labels=LABELS), UPDATE, "metadata.labels"),
    changing("ingress", "networking.v1.Ingress", ingress("a"), ingress("b"),
        UPDATE, "spec.rules[0].http.paths[0].backend.service.name"),
    changing(
        "storage-class", "storage.v1.StorageClass",
        {"metadata": wide("storage"), "provisioner": "example.com/a"},
        {"metadata": wide("storage"), "provisioner": "example.com/b"},
        DELETED_FIRST, "provisioner",
    ),
    changing(
        "priority-class", "scheduling.v1.PriorityClass",
        {"metadata": wide("priority"), "value": 1, "description": "a"},
        {"metadata": wide("priority"), "value": 1, "description": "b"},
        UPDATE, "description",
    ),
    changing(
        "lease", "coordination.v1.Lease",
        {"metadata": meta("lease"), "spec": {"holderIdentity": "a"}},
        {"metadata": meta("lease"), "spec": {"holderIdentity": "b"}},
        UPDATE, "spec.holderIdentity",
    ),
    changing("pod-image", "core.v1.Pod", pod("a"), pod("b"), DELETED_FIRST, "spec.containers[0].image"),
    changing(
        "pod-labels", "core.v1.Pod", pod("a", "labelled"), pod("a", "labelled", a="1"), UPDATE, "metadata.labels",
        live={f"{CORE}/pods/labelled": {"metadata": {"labels": {"a": "1"}}}},
    ),
]  # fmt: skip


def custom_definition(*columns: Mapping[str, str], group: str = f"{NS}.example.com") -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"spec": {"type": "object", "x_kubernetes_preserve_unknown_fields": True}},
    }
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    if columns:
        version["additionalPrinterColumns"] = list(columns)
    return {
        "metadata": {"name": f"widgets.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets"},
            "versions": [version],
        },
    }


def widget(size: int, group: str = f"{NS}.example.com") -> dict[str, Any]:
    return {
        "apiVersion": f"{group}/v1",
        "kind": "Widget",
        "metadata": meta("widget"),
        "spec": {"size": size, "any": {"thing": "stays"}},
    }


def config(name: str, value: str = "1", resource: str = "", **options: Any) -> Resource:
    arguments = {"metadata": meta(name), "data": {"a": value}}
    return Resource(resource or name, "core.v1.ConfigMap", arguments, options)


def labelled(name: str, value: str, resource: str = "", **options: Any) -> Resource:
    return Resource(resource or name, "core.v1.ServiceAccount", {"metadata": meta(name, labels={"a": value})}, options)


def unnamed(value: str) -> Resource:
    return Resource("auto-named", "core.v1.ConfigMap", {"metadata": {"namespace": NS}, "data": {"a": value}})


MUTABLE = Resource(
    "mutable", "Provider", {"enableSecretMutable": True, "enableConfigMapMutable": True, "namespace": NS}
)
CLIENT_SIDE = Resource("client-side", "Provider", {"enableServerSideApply": False})
FORCING = {"pulumi.com/patchForce": "true"}


def scaled(image: str) -> Resource:
    """A Deployment whose replicas are somebody else's, as an autoscaler's are."""
    options = {"ignore_changes": ["spec.replicas"]}
    arguments = workload("scaled", image, replicas=1)
    return Resource(
        "scaled", "apps.v1.Deployment", {**arguments, "metadata": meta("scaled", annotations=SKIP_AWAIT)}, options
    )


OUTSIDE = {"metadata": {"name": "outside"}, "data": {"theirs": "1"}}


def patch(key: str, value: str) -> Resource:
    return Resource(
        "patch", "core.v1.ConfigMapPatch", {"metadata": meta("outside", annotations=FORCING), "data": {key: value}}
    )


LATE = f"late.{NS}.example.com"

LIFE = [
    Case(
        "custom-resource",
        [
            Resource("definition", "apiextensions.v1.CustomResourceDefinition", custom_definition()),
            Resource("widget", "apiextensions.CustomResource", widget(1), {"depends_on": ["definition"]}),
        ],
        [
            Resource("definition", "apiextensions.v1.CustomResourceDefinition",
                custom_definition({"name": "Size", "type": "integer", "jsonPath": ".spec.size"})),
            Resource("widget", "apiextensions.CustomResource", widget(2), {"depends_on": ["definition"]}),
        ],
        {"definition": UPDATE, "widget": UPDATE},
        {"widget": {"spec.size"}},
        {f"apis/{NS}.example.com/v1/namespaces/{NS}/widgets/widget": {"spec": {"size": 2, "any": {"thing": "stays"}}}},
    ),
    Case(  # destroyed without an order, too
        "late-kind",
        [
            Resource("early-widget", "apiextensions.CustomResource", widget(1, LATE)),
            Resource("late-definition", "apiextensions.v1.CustomResourceDefinition", custom_definition(group=LATE)),
        ],
        live={f"apis/{LATE}/v1/namespaces/{NS}/widgets/widget": {"spec": {"size": 1}}},
    ),
    Case("auto-named", [unnamed("1")], [unnamed("2")], {"auto-named": REPLACE}),
    Case(
        "mutable-contents",
        [
            MUTABLE,
            Resource("rotated", "core.v1.Secret", {"metadata": {"name": "rotated"}, "stringData": {"a": "1"}},
                {"provider": "mutable"}),
            Resource("reloaded", "core.v1.ConfigMap", {"metadata": {"name": "reloaded"}, "data": {"a": "1"}},
                {"provider": "mutable"}),
        ],
        [
            MUTABLE,
            Resource("rotated", "core.v1.Secret", {"metadata": {"name": "rotated"}, "stringData": {"a": "2"}},
                {"provider": "mutable"}),
            Resource("reloaded", "core.v1.ConfigMap", {"metadata": {"name": "reloaded"}, "data": {"b": "2"}},
                {"provider": "mutable"}),
        ],
        {"rotated": UPDATE, "reloaded": UPDATE},
        live={
            f"{CORE}/secrets/rotated": {"data": {"a": "Mg=="}},
            f"{CORE}/configmaps/reloaded": {"data": {"b": "2"}},
        },
    ),
    Case(
        "client-side",
        [CLIENT_SIDE, Resource("merged", "apps.v1.Deployment", workload("merged", "a", replicas=0, minReadySeconds=5),
            {"provider": "client-side"}),
            Resource("merged-pod", "core.v1.Pod", pod("a", "merged-pod"), {"provider": "client-side"})],
        [CLIENT_SIDE, Resource("merged", "apps.v1.Deployment", workload("merged", "b", replicas=0),
            {"provider": "client-side"}),
            Resource("merged-pod", "core.v1.Pod", pod("a", "merged-pod", a="1"), {"provider": "client-side"})],
        {"merged": UPDATE, "merged-pod": UPDATE},
        live={f"{APPS}/deployments/merged": {
            "metadata": {"labels": {"app.kubernetes.io/managed-by": "pulumi"}},
            "spec": {"template": {"spec": {"containers": [{"image": "b"}]}}},
        }, f"{CORE}/pods/merged-pod": {"metadata": {"labels": {"a": "1"}}}},
    ),
    Case(
        "renamed-object", [config("before", resource="renamed")], [config("after", resource="renamed")],
        {"renamed": REPLACE}, {"renamed": {"metadata.name"}},
        {f"{CORE}/configmaps/before": None, f"{CORE}/configmaps/after": {"data": {"a": "1"}}},
    ),
    Case(
        "renamed-resource", [config("aliased", resource="old-name")],
        [config("aliased", resource="new-name", aliases=[{"name": "old-name"}])], {"new-name": SAME},
    ),
    Case("removed", [config("removed")], [], {"removed": DELETE}, live={f"{CORE}/configmaps/removed": None}),
    Case(
        "retained", [config("retained", retain_on_delete=True)], [], {"retained": DELETE},
        live={f"{CORE}/configmaps/retained": {"data": {"a": "1"}}},
    ),
    Case(
        "imported", [labelled("theirs", "1", import_=f"{NS}/theirs")], [labelled("theirs", "2")],
        {"theirs": UPDATE}, live={f"{CORE}/serviceaccounts/theirs": {"metadata": {"labels": {"a": "2"}}}},
        existing=[(f"{CORE}/serviceaccounts", {"metadata": {"name": "theirs", "labels": {"a": "1"}}})],
    ),
    Case(
        "patch", [patch("mine", "1")], [patch("mine", "2")], {"patch": UPDATE}, {"patch": {"data.mine"}},
        {f"{CORE}/configmaps/outside": {"data": {"mine": "2", "theirs": "1"}}},
        existing=[(f"{CORE}/configmaps", OUTSIDE)],
    ),
    Case(
        "unpatch",
        [Resource("unpatch", "core.v1.ConfigMapPatch", {"metadata": meta("other"), "data": {"mine": "1"}})],
        [], {"unpatch": DELETE}, live={f"{CORE}/configmaps/other": {"data": {"theirs": "1"}}},
        existing=[(f"{CORE}/configmaps", {"metadata": {"name": "other"}, "data": {"theirs": "1"}})],
    ),
    Case(
        "drifted", [labelled("drifted", "1")],
        live={f"{CORE}/serviceaccounts/drifted": {"metadata": {"labels": {"a": "1"}}}},
        drift=[Write(f"{CORE}/serviceaccounts/drifted", {"metadata": {"labels": {"a": "2", "b": "2"}}})],
        refreshed={"drifted": UPDATE}, repaired={"drifted": UPDATE},
    ),
    Case(
        "deleted-outside", [config("lost")], drift=[Write(f"{CORE}/configmaps/lost", None)],
        refreshed={"lost": DELETE}, repaired={"lost": CREATE},
        live={f"{CORE}/configmaps/lost": {"data": {"a": "1"}}},
    ),
    Case(
        "ignored-drift", [scaled("a")], [scaled("b")], {"scaled": UPDATE},
        {"scaled": {"spec.template.spec.containers[0].image"}},
        meanwhile=[Write(f"{APPS}/deployments/scaled/scale", {"spec": {"replicas": 2}}, manager="kubectl")],
        drift=[Write(f"{APPS}/deployments/scaled/scale", {"spec": {"replicas": 3}}, manager="kubectl")],
        refreshed={"scaled": SAME},
        live={f"{APPS}/deployments/scaled": {
            "spec": {"replicas": 3, "template": {"spec": {"containers": [{"image": "b"}]}}}}},
    ),
    Case(
        "quantities",
        [Resource("quantities", "core.v1.LimitRange", {"metadata": meta("quantities"),
            "spec": largest("1024Gi")})],
        [Resource("quantities", "core.v1.LimitRange", {"metadata": meta("quantities"),
            "spec": largest("1Ti")})],
        {"quantities": SAME},
    ),
    Case(
        "outputs-of-others",
        [
            Resource("source", "core.v1.ConfigMap", {"metadata": {"namespace": NS}, "data": {"a": "1"}}),
            Resource("sink", "core.v1.ConfigMap", {"metadata": meta("sink"),
                "data": {"name": {"$of": "source", "path": ["metadata", "name"]},
                    "uid": {"$of": "source", "path": ["metadata", "uid"]}}}),
        ],
    ),
    Case(
        "secret-anywhere",
        [Resource("hiding", "core.v1.ConfigMap", {"metadata": meta("hiding"), "data": {"a": {"$secret": "hushed"}}})],
        live={f"{CORE}/configmaps/hiding": {"data": {"a": "hushed"}}},
    ),
    Case(
        "default-namespace",
        [
            MUTABLE,
            Resource("placed", "core.v1.ServiceAccount", {"metadata": {"name": "placed"}}, {"provider": "mutable"}),
        ],
        live={f"{CORE}/serviceaccounts/placed": {"metadata": {"name": "placed"}}},
    ),
    Case(
        "late-namespace",
        [
            Resource("early", "core.v1.ServiceAccount", {"metadata": {"name": "early", "namespace": f"{NS}-late"}}),
            Resource("late", "core.v1.Namespace", {"metadata": wide("late")}),
        ],
        live={f"api/v1/namespaces/{NS}-late/serviceaccounts/early": {}},
    ),
    Case(
        "service-without-pods",
        [Resource("lonely", "core.v1.Service",
            {"metadata": meta("lonely"), "spec": {"ports": [{"port": 80}], "selector": {"no": "pod"}}})],
        live={f"{CORE}/services/lonely": {"spec": {"selector": {"no": "pod"}}}},
    ),
    Case(
        "service-account-token",
        [Resource("token", "core.v1.Secret", {"type": "kubernetes.io/service-account-token",
            "metadata": meta("token", annotations={"kubernetes.io/service-account.name": "default"})})],
    ),
    Case(
        "wait-for",
        [Resource("awaited", "core.v1.Namespace",
            {"metadata": wide("awaited", annotations={"pulumi.com/waitFor": "jsonpath={.status.phase}=Active"})})],
    ),
    Case(
        "forced", [labelled("forced", "1")],
        [Resource("forced", "core.v1.ServiceAccount",
            {"metadata": meta("forced", labels={"a": "3"}, annotations=FORCING)})],
        {"forced": UPDATE}, live={f"{CORE}/serviceaccounts/forced": {"metadata": {"labels": {"a": "3"}}}},
    ),
]  # fmt: skip

# Not as the official plugin, which fails with the server's refusal: docs/provider.md, known differences.
OURS = [
    changing(
        "ingress-class", "networking.v1.IngressClass",
        {"metadata": wide("class"), "spec": {"controller": "example.com/a"}},
        {"metadata": wide("class"), "spec": {"controller": "example.com/b"}},
        DELETED_FIRST, "spec.controller",
    ),
]  # fmt: skip

CASES = [*KINDS, *LIFE, *([] if os.environ.get(PLUGIN_VARIABLE) else OURS)]
