"""The `cortex` command: its options, its output, and one module a command."""
