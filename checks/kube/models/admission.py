"""Admission webhooks, by their configuration."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from checks.kube.models.base import Meta, Object


class WebhookRule(Object, frozen=True):
    """What a webhook is asked about."""

    api_groups: list[str] = []
    resources: list[str] = []

    def matches(self, group: str, resource: str) -> bool:
        """Check whether it is asked about a resource of an API group."""
        return not {group, "*"}.isdisjoint(self.api_groups) and not {resource, "*", "*/*"}.isdisjoint(self.resources)


class Webhook(Object, frozen=True):
    """One webhook of a configuration."""

    rules: list[WebhookRule] = []


class WebhookConfiguration(Object, frozen=True):
    """A MutatingWebhookConfiguration."""

    metadata: Meta
    webhooks: list[Webhook] = []
