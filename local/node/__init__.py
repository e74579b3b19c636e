"""The node process: in namespaces of its own it sets up mounts and network, then starts and keeps the components.

When it ends, however it ends, the kernel ends everything in its PID namespace, and its mounts, interfaces and
packet filter rules go with their namespaces. So nothing of a cluster can stay behind.
"""
