"""What the API server answers when it is asked who somebody is, what they may do, or for a token."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from datetime import datetime

from checks.kube.models.base import Object


class ReviewStatus(Object, frozen=True):
    """What the API server's authorizers decided."""

    allowed: bool


class AccessReview(Object, frozen=True):
    """The answer to a SubjectAccessReview."""

    status: ReviewStatus


class UserInfo(Object, frozen=True):
    """Who a request comes from, to the API server."""

    username: str
    groups: list[str] = []


class SelfStatus(Object, frozen=True):
    """What the API server knows of who asks."""

    user_info: UserInfo


class SelfReview(Object, frozen=True):
    """The answer to a SelfSubjectReview."""

    status: SelfStatus


class TokenStatus(Object, frozen=True):
    """A token that was made. It is secret."""

    token: str
    expiration_timestamp: datetime


class TokenRequest(Object, frozen=True):
    """The answer to a TokenRequest."""

    status: TokenStatus
