class PermanentError(Exception):
    """Trying again cannot help: the delivery is dead at once and waits for a person to resend it."""
