"""The environment of a cluster."""

PRODUCTION = "prod"
"""How the names of environments begin in which what runs must not change or go by itself."""


def is_production(environment: str) -> bool:
    """Tell whether an environment is one of production: `prod`, `production`, `Prod-eu` …"""
    return environment.lower().startswith(PRODUCTION)
