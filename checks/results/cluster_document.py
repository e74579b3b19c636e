"""How the reports of all commands begin: of which stack and cluster, and with which status and exit code."""

from typing import TypedDict

from checks.results.conclusion import exit_code, status
from checks.results.document import Document
from checks.results.result import Result, Severity, Status
from checks.target import Target


class ClusterDocument(Document, frozen=True, rename="camel", kw_only=True):
    """A report with the results of checks. `server` is the address of the API server."""

    server: str
    status: Status


class Head(TypedDict):
    """The fields of a Document."""

    schema: str
    stack: str
    context: str
    exit_code: int


class ClusterHead(Head):
    """The fields of a ClusterDocument."""

    server: str
    status: Status


def head(schema: str, target: Target, code: int) -> Head:
    """Return the fields of a Document."""
    return Head(schema=schema, stack=target.stack, context=target.connection.context, exit_code=code)


def cluster_head(schema: str, target: Target, *results: Result) -> ClusterHead:
    """Return the fields of a ClusterDocument; errors among the results give exit code 1."""
    code = exit_code(results, Severity.ERROR)
    return {**head(schema, target, code), "server": target.connection.host, "status": status(results)}
