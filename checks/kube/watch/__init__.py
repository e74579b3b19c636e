"""Follow the objects of a resource: list, then watch, for weeks, whatever the API server does.

A `Reflector` (docs/requirements.md, R8.2) does what client-go's of the same name does. Its rules are in the "Kubernetes
API Concepts" of the Kubernetes documentation: bookmarks, expired versions, and initial lists that are streamed.
"""
