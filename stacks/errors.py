"""The one error of this folder."""


class DeclarationError(Exception):
    """A declaration is missing or wrong. The message has a line a fault: file, path inside it, rule."""
