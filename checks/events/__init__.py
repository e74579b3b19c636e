"""Events of the declared namespaces, for `cortex events`."""
