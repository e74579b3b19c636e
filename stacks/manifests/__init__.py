"""The Kubernetes manifests of a stack, as one pure function of its declaration.

Components register exactly these, and the checks expect exactly these. Secret values are HIDDEN.
"""
