"""The typed declaration of a stack: its parts, and the rules inside each part."""
