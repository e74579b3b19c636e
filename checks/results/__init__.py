"""Results of checks: findings, unknowns, suppressions, selection, and the catalogue of codes."""
