"""Checksums of content that may be secret. They are kept as annotations, so content can be compared without a value.

A pod template has one, so that pods roll when their ConfigMap or Secret changes. Each Secret has one over its data.
Everybody who may read a pod may read the annotation, so it must not help to guess a secret. With plain SHA-256,
billions of weak passwords could be tried; a keyed hash needs a key that every run and every verifier shares.
scrypt needs no key, and each try costs 16 MiB and about 50 ms. Random tokens cannot be guessed either way.
"""

import hashlib
import json
from collections.abc import Mapping


def checksum(owner: str, config: Mapping[str, str], secrets: Mapping[str, str]) -> str:
    """Return 64 hex digits over the content of a ConfigMap and of a Secret (plain values, not base64).

    `owner` is the salt: the annotated object as `namespace/name`. It hides that two objects have equal secrets.
    """
    content = json.dumps([dict(config), dict(secrets)], sort_keys=True).encode()
    if not secrets:
        return hashlib.sha256(content).hexdigest()
    return hashlib.scrypt(content, salt=owner.encode(), n=2**14, r=8, p=1, dklen=32).hex()
