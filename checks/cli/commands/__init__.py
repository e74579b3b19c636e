"""The commands of `cortex`: one module each, whose `app` is loaded when the command runs."""
