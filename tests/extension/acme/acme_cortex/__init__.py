"""What Acme adds to cortex: a check, a format, a command and a preset."""
