"""The error of a wrong declaration."""


class DeclarationError(Exception):
    """A declaration is missing or wrong. The message has one line for each fault: file, path, rule."""
