"""Which admission webhooks may change what is written to an object. Their selectors are not evaluated."""

from checks.api import Api, Kind, Unread
from checks.findings import Ref
from checks.objects import WebhookConfiguration
from checks.repair.kinds import kind_of

CONFIGURATIONS = Kind("apis/admissionregistration.k8s.io/v1", "mutatingwebhookconfigurations", WebhookConfiguration)


async def webhooks(api: Api, ref: Ref) -> tuple[str, ...]:
    """Return the names of the MutatingWebhookConfigurations for an object's kind; none if they cannot be read."""
    reading = await api.list(CONFIGURATIONS)
    if isinstance(reading, Unread):
        return ()
    kind = kind_of(ref)
    return tuple(
        configuration.metadata.name
        for configuration in reading.value
        if any(rule.matches(kind.group, kind.plural) for one in configuration.webhooks for rule in one.rules)
    )
