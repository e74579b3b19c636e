"""The fields of Kubernetes objects that the checks read; other fields are skipped while decoding."""

from checks.kube.models.admission import WebhookConfiguration
from checks.kube.models.base import Condition, ListOf, ManagedMeta, Meta, Object, Owned, OwnedMeta, PodMeta, Text
from checks.kube.models.cluster import (
    ConfigMap,
    Event,
    Involved,
    Limit,
    LimitRange,
    Namespace,
    Node,
    Quota,
    Service,
    ServicePort,
    Version,
)
from checks.kube.models.discovery import ApiGroup, ApiGroups, ApiResource, ApiResources
from checks.kube.models.job import Job
from checks.kube.models.lease import Lease, LeaseSpec
from checks.kube.models.rbac import Binding, PolicyRule, Role, RoleRef, Subject
from checks.kube.models.reviews import AccessReview, SelfReview, TokenRequest, UserInfo
from checks.kube.models.usage import PodMetrics
from checks.kube.models.workload import (
    Container,
    ContainerStatus,
    Deployment,
    Pod,
    PodPlace,
    PodState,
    PodSummary,
    Restarts,
    Template,
    TemplateMeta,
    Terminated,
)

__all__ = [
    "AccessReview",
    "ApiGroup",
    "ApiGroups",
    "ApiResource",
    "ApiResources",
    "Binding",
    "Condition",
    "ConfigMap",
    "Container",
    "ContainerStatus",
    "Deployment",
    "Event",
    "Involved",
    "Job",
    "Lease",
    "LeaseSpec",
    "Limit",
    "LimitRange",
    "ListOf",
    "ManagedMeta",
    "Meta",
    "Namespace",
    "Node",
    "Object",
    "Owned",
    "OwnedMeta",
    "Pod",
    "PodMeta",
    "PodMetrics",
    "PodPlace",
    "PodState",
    "PodSummary",
    "PolicyRule",
    "Quota",
    "Restarts",
    "Role",
    "RoleRef",
    "SelfReview",
    "Service",
    "ServicePort",
    "Subject",
    "Template",
    "TemplateMeta",
    "Terminated",
    "Text",
    "TokenRequest",
    "UserInfo",
    "Version",
    "WebhookConfiguration",
]
