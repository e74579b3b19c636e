"""A stack's Kubernetes objects, as one pure function of its declaration.

The components register exactly these, and the checks expect exactly these: neither can know an object that the other
does not. What is secret is HIDDEN here.
"""

from stacks.manifests.build import declared
from stacks.manifests.manifest import HIDDEN, Hidden, Object, Value

__all__ = ["HIDDEN", "Hidden", "Object", "Value", "declared"]
