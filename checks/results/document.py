"""What every JSON report begins with."""

import msgspec


class Document(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """A report of a command. `schema` is the name and the version of its JSON."""

    schema: str
    stack: str
    context: str
    exit_code: int
