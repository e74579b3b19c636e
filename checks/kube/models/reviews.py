"""The API server's answers to reviews of access and identity, and to requests for tokens."""

# ruff: noqa: RUF012 - msgspec copies mutable defaults

from datetime import datetime

from checks.kube.models.base import Object


class ReviewStatus(Object, frozen=True):
    """The decision of the API server's authorizers."""

    allowed: bool


class AccessReview(Object, frozen=True):
    """The answer to a SubjectAccessReview."""

    status: ReviewStatus


class UserInfo(Object, frozen=True):
    """The user of a request."""

    username: str
    groups: list[str] = []


class SelfStatus(Object, frozen=True):
    """The status of a SelfSubjectReview."""

    user_info: UserInfo


class SelfReview(Object, frozen=True):
    """The answer to a SelfSubjectReview."""

    status: SelfStatus


class TokenStatus(Object, frozen=True):
    """A new token, which is secret."""

    token: str
    expiration_timestamp: datetime


class TokenRequest(Object, frozen=True):
    """The answer to a TokenRequest."""

    status: TokenStatus
