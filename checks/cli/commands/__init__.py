"""The commands of `cortex` that look at a cluster, one a module: its `app` is loaded only when it runs."""
