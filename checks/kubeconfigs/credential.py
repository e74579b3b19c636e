"""The answer to kubectl, helm and Pulumi, which run `cortex credential` for their credential (ExecCredential)."""

import sys
from datetime import datetime

import msgspec

from checks.errors import UsageError
from checks.kubeconfigs import held, store
from checks.kubeconfigs.document import Kubeconfig, Plugin, User
from checks.times import rfc3339

START = "from checks.start import main; main()"
"""The program `cortex`, whose installed script imports modules that take longer than a cached answer."""
API_VERSION = "client.authentication.k8s.io/v1"


def stored(stack: str) -> str:
    """Return the answer with the stored credential of the stack, which is decrypted each time.

    Raises:
        UsageError: no kubeconfig is stored, it cannot be read, or its credential is that of another plugin.
    """
    user = store.read(stack).kubeconfig.user
    if user.exec is not None:
        raise UsageError(
            f"the stored kubeconfig of stack {stack} has a credential plugin of its own: use it (`cortex kubeconfig "
            f"export {stack}`), or request tokens with --account NAMESPACE/NAME"
        )
    certificate = held.decoded(user.client_certificate_data)
    key = held.decoded(user.client_key_data)
    if certificate and key:
        status = {"clientCertificateData": certificate.decode(), "clientKeyData": key.decode()}
    else:
        status = {"token": user.token or ""}
    return answer(status, held.credential(user).expires)


def with_plugin(stack: str, account: str, audience: str) -> Kubeconfig:
    """Return a kubeconfig without a secret, which runs `cortex credential` for its credential.

    Raises:
        UsageError: no kubeconfig is stored, or it cannot be read.
    """
    found = store.read(stack).kubeconfig
    # This form is the one that the cache knows.
    options = [f"--account={account}", *([f"--audience={audience}"] if audience else [])] if account else []
    plugin = Plugin(
        api_version=API_VERSION,
        command=sys.executable,
        # Isolated: neither the folder nor the environment of the caller adds modules.
        args=("-I", "-c", START, "credential", stack, *options),
        install_hint=f"cortex is not there any more: `cortex kubeconfig exec {stack}` makes this kubeconfig again",
        interactive_mode="Never",
    )
    return msgspec.structs.replace(found, user=User(exec=plugin), user_name=f"cortex-{stack}", recipients=())


def answer(status: dict[str, str], until: datetime | None) -> str:
    """Return the answer with a token, or with a certificate and its key; `until` is how long it is used."""
    expiry = {"expirationTimestamp": rfc3339(until)} if until else {}
    document = {
        "apiVersion": API_VERSION,
        "kind": "ExecCredential",
        "spec": {"interactive": False},
        "status": {**status, **expiry},
    }
    return msgspec.json.encode(document).decode() + "\n"
