"""The fields of Kubernetes objects that the judges read; everything else in an answer is skipped while decoding."""

from checks.objects.admission import WebhookConfiguration
from checks.objects.base import Condition, ListOf, ManagedMeta, Meta, Object, Owned, OwnedMeta, Text
from checks.objects.cluster import ConfigMap, Event, Limit, LimitRange, Namespace, Node, Quota, Service, Version
from checks.objects.discovery import ApiGroup, ApiGroups
from checks.objects.job import Job
from checks.objects.rbac import Binding, PolicyRule, Role, RoleRef, Subject
from checks.objects.reviews import AccessReview, SelfReview, TokenRequest, UserInfo
from checks.objects.usage import PodMetrics
from checks.objects.workload import Container, ContainerStatus, Deployment, Pod, Template, TemplateMeta, Terminated

__all__ = [
    "AccessReview",
    "ApiGroup",
    "ApiGroups",
    "Binding",
    "Condition",
    "ConfigMap",
    "Container",
    "ContainerStatus",
    "Deployment",
    "Event",
    "Job",
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
    "PodMetrics",
    "PolicyRule",
    "Quota",
    "Role",
    "RoleRef",
    "SelfReview",
    "Service",
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
