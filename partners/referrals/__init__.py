"""A partner's referral of a patient, and the case that it opened."""
