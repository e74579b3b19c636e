"""Renders a Report as text for people and as JSON for machines."""
