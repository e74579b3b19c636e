"""Set a key of a Secret where its values are kept, with an entry in the log."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from checks.kube.client import ApiClient
from checks.rotation import live_secret, log
from checks.rotation.folder import exclusive, journal_file, log_file, pulumi_log
from checks.rotation.journal import require_none
from checks.rotation.provider import Managed, chosen_key, pulumi_key, readers
from checks.rotation.pulumi_stack import SECTION, PulumiStack
from checks.rotation.readers import Readers
from checks.rotation.values import require_text
from checks.target import Target

SET, DEPLOY = "set", "deploy"


async def set_in_pulumi(
    stack: str,
    project: Path,
    managed: Managed,
    key: str,
    read: Callable[[], Awaitable[bytes]],
    kubeconfig: Path | None,
    deploy: bool,
    say: Callable[[str], None],
) -> str:
    """Write a value into Pulumi's encrypted settings, and deploy it if that is asked for; return what was done.

    Raises:
        UsageError: the value is not kept there, or is binary.
        UncheckedError: Pulumi failed.
    """
    setting = pulumi_key(managed, chosen_key(managed, key))
    with exclusive(stack, say) as lock:
        await require_none(journal_file(stack))
        pulumi = PulumiStack(stack, project, pulumi_log(stack), lock, kubeconfig)
        await pulumi.set_secret(setting, require_text(await read(), key))
        _log(stack, managed, key, "written")
        done = f"{SECTION}:{setting} is set in {pulumi.file.name}, encrypted"
        if not deploy:
            return f"{done}: deploy it with `pulumi up --stack {stack}`"
        await pulumi.up()
        _log(stack, managed, key, "deployed", action=DEPLOY)
        return f"{done}, and deployed"


async def set_live(
    target: Target, managed: Managed, key: str, read: Callable[[], Awaitable[bytes]], say: Callable[[str], None]
) -> str:
    """Write a value into a Secret that others made, and restart its readers; return what was done.

    Raises:
        UsageError: the Secret has no such key, or does not exist.
        UncheckedError: it cannot be read or written, or was changed meanwhile.
    """
    key = chosen_key(managed, key)
    with exclusive(target.stack, say):
        await require_none(journal_file(target.stack))
        async with target.connection.client() as http:
            api = ApiClient(http)
            await live_secret.write(api, managed.place, key, await read())
            owners = readers(target.declaration, managed, key)
            restarted = Readers(target, api, owners)
            digest = await live_secret.hash_of(api, managed.place)
            _log(target.stack, managed, key, "written", digest)
            await restarted.mark({owner.path: log.now() for owner in owners})
    pods = ", ".join(owner.path for owner in owners)
    return f"{key} of {managed.ref} is set" + (f"; restarting {pods}" if pods else "; nothing of the stack reads it")


def _log(stack: str, managed: Managed, key: str, outcome: str, digest: str = "", action: str = SET) -> None:
    entry = log.Entry(
        at=log.now(),
        id=log.new_id(),
        action=action,
        outcome=outcome,
        stack=stack,
        namespace=managed.place.namespace,
        name=managed.place.name,
        keys=(key,),
        by=log.by(),
        hash=digest,
    )
    log.append(log_file(stack), entry)
