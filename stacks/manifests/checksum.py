"""The checksum of content that may be secret, as an annotation: no value is needed to prove what it is.

A pod template carries one, so that pods roll when their ConfigMap or Secret changes, and each Secret one over its data.
Whoever may read a pod may read the annotation, so it must not help to guess a secret. A plain SHA-256 would
let weak passwords be tried by the billion; a keyed one needs a key that every run and every verifier shares.
scrypt needs no key, and each try costs 16 MiB and some 50 ms. Random tokens are out of reach either way.
"""

import hashlib
import json
from collections.abc import Mapping


def checksum(owner: str, config: Mapping[str, str], secrets: Mapping[str, str]) -> str:
    """Give 64 hex digits over the content of a ConfigMap and of a Secret (plain values, not base64).

    `owner` salts it: name the object that carries it as `namespace/name`, so that equal secrets do not show as equal.
    """
    content = json.dumps([dict(config), dict(secrets)], sort_keys=True).encode()
    if not secrets:
        return hashlib.sha256(content).hexdigest()
    return hashlib.scrypt(content, salt=owner.encode(), n=2**14, r=8, p=1, dklen=32).hex()
