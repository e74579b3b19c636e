"""Warnings about values of servers and workloads that look like secrets, and stand in the stack file as plain text."""

import re
from collections import Counter
from collections.abc import Iterator
from math import log2

from stacks.model import names
from stacks.model.owner import Owner
from stacks.model.workload import Workload

_SECRET_NAME = re.compile(
    r"(^|_)(TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|PASS|PAT|CREDENTIALS?|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SECRET_?KEY"
    r"|ENCRYPTION_?KEY|SIGNING_?KEY|AUTH_?KEY)$"
)
_SECRET_INSIDE = re.compile(r"PASSWORD|SECRET")
_ABOUT_A_SECRET = re.compile(r"_(NAME|FILE|PATH|DIR|FOLDER|ID|URL|URI|HOST|HEADER|TYPE|TTL|REF|LENGTH|ENABLED|STORE)$")
_KEY_NAME = re.compile(r"(^|_)KEY$")

_SHORTEST_KEY = 12
"""Variables such as SORT_KEY have shorter values."""

_NO_SECRET = re.compile(r"|true|false|yes|no|on|off|none|null|\d{1,6}|[./~].*|\$\(\w+\)|\w+://\S*", re.IGNORECASE)
"""Values that are no secret whatever the name says: empty, a switch, a number, a path, a reference, a URL."""

_KNOWN = re.compile(
    r"\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[-A-Za-z0-9_]{16,}|xox[abeprs]-[-A-Za-z0-9]{8,}"
    r"|(AKIA|ASIA)[A-Z0-9]{16}|AIza[-A-Za-z0-9_]{30,}|sk-[-A-Za-z0-9_]{20,}|glsa_[A-Za-z0-9_]{20,}|hvs\.[-A-Za-z0-9_]{20,}"
    r"|npm_[A-Za-z0-9]{30,}|dop_v1_[a-f0-9]{40,}|eyJ[-A-Za-z0-9_]{10,}\.eyJ[-A-Za-z0-9_]{10,}\.)"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
"""Texts with which the tokens of common services begin, and private keys."""

_CREDENTIALS = re.compile(r"\w+://[^/\s:@]*:(?!\$\()[^/\s@]+@")
"""A URL with a password."""

_RANDOM = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[-A-Za-z0-9+/_=]{20,}")
_LEAST_BITS = 4.0
"""Bits of entropy per character from which a text of letters and digits looks random."""

_STORED = f"as plain text it is in the stack file, in the pods and in the ConfigMap {names.DECLARATION_CONFIG_MAP}"


def clear_secrets(owner: Owner, declared: Workload) -> Iterator[str]:
    """Yield a sentence for each value of a server or workload that looks like a secret, without the value."""
    for name, value in declared.env.items():
        if isinstance(value, str) and looks_secret(name, value):
            yield (
                f"{owner.path}.env.{name} looks like a secret: {_STORED}: use secretEnv: {{{name}: KEY}}, "
                "and pulumi config set --secret secrets:KEY"
            )
    for index, argument in enumerate(declared.args):
        if _is_secret(argument):
            yield (
                f"{owner.path}.args.{index} looks like a secret: {_STORED}: use secretEnv: {{NAME: KEY}}, "
                "and write $(NAME) here"
            )
    for file, text in declared.config.items():
        if _KNOWN.search(text) or _CREDENTIALS.search(text):
            yield f"{owner.path}.config.{file} looks like it has a secret: {_STORED}: use secretFiles"


def looks_secret(name: str, value: str) -> bool:
    """Check whether a variable looks like a secret, by its name or by its value."""
    if _is_secret(value):
        return True
    if _NO_SECRET.fullmatch(value) or _ABOUT_A_SECRET.search(name.upper()):
        return False
    if _SECRET_NAME.search(name.upper()) or _SECRET_INSIDE.search(name.upper()):
        return True
    return bool(_KEY_NAME.search(name.upper())) and len(value) >= _SHORTEST_KEY and " " not in value


def _is_secret(value: str) -> bool:
    random = _RANDOM.fullmatch(value) and _entropy(value) >= _LEAST_BITS
    return bool(_KNOWN.search(value) or _CREDENTIALS.search(value) or random)


def _entropy(text: str) -> float:
    """Return the bits of entropy per character."""
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * log2(share) for share in shares)
