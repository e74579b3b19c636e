"""Image references."""

from typing import Annotated

from stacks.base import matching

Image = Annotated[
    str,
    matching(r"[a-z0-9][-a-zA-Z0-9_./:@]*", "image reference: write for instance ghcr.io/owner/name:1.0.0"),
]
"""An image reference; one without tag and digest is completed by the image lock."""
