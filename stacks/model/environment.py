"""The environment of a cluster."""

PRODUCTION = "prod"
"""How the names of production environments begin. In these, images are fixed and namespaces are protected."""


def is_production(environment: str) -> bool:
    """Check whether an environment is for production: `prod`, `production`, `Prod-eu` …"""
    return environment.lower().startswith(PRODUCTION)
