"""Whether reports follow their committed schemas."""

import json
from functools import cache

import jsonschema  # type: ignore[import-untyped]

from checks.cli import schemas
from checks.results.result import SCHEMA


def validate(report: object, name: str = SCHEMA) -> None:
    """Raise ValidationError if a report does not follow the schema of this name."""
    _validator(name).validate(report)


@cache  # To check a schema itself takes longer than to check a report.
def _validator(name: str) -> jsonschema.Draft202012Validator:
    schema = json.loads(schemas.file(name).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)
