"""Image references, by the grammar of github.com/distribution/reference, which container runtimes use."""

from typing import Annotated

from stacks.model.types import matching

_LABEL = "[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?"
_IPV6 = r"\[[a-fA-F0-9:]+\]"
_REGISTRY = rf"({_LABEL}(\.{_LABEL})*|{_IPV6})(:[0-9]+)?"
_COMPONENT = "[a-z0-9]+((\\.|_|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][-A-Za-z0-9_.]{0,127}"
_DIGEST = "[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"

Image = Annotated[
    str,
    matching(
        rf"({_REGISTRY}/)?{_COMPONENT}(/{_COMPONENT})*(:{_TAG})?(@{_DIGEST})?",
        "an image reference: write for instance ghcr.io/owner/name:1.0.0, "
        "in lower case except for registry and tag, or with a whole digest in place of the tag",
    ),
]
"""An image reference; the image lock completes one without tag and digest."""
