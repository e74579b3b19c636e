"""The node process: sets up mounts and network in its own namespaces, then starts and supervises the components.

When it ends for any reason, the kernel kills all processes in its PID namespace, and removes its mounts, interfaces and
packet filter rules with their namespaces. So nothing of a cluster remains.
"""
