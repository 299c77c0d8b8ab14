"""What a patient or a relative does here: the request form, sign-in by a mailed code, and the own cases."""
