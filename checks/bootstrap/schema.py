"""The JSON Schema of plans, for editors: `python -m checks.bootstrap.schema > docs/bootstrap-plan.schema.json`."""

import json
import sys

from checks.bootstrap.plan import Plan
from stacks.schema import Generator


def schema() -> str:
    """Return the schema as committed in docs/bootstrap-plan.schema.json."""
    made = Plan.model_json_schema(schema_generator=Generator)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A plan of `cortex talos bootstrap`"}
    return json.dumps({**made, **head}, indent=2) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema())
