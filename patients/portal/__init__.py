"""What a patient or a relative sees: the home page, the request form, sign-in by a mailed code, and the own cases."""
