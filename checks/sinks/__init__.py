"""Where alerts and reactions are sent: webhooks that are slow, or down, lose nothing (R8.4)."""
