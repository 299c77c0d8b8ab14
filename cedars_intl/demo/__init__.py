"""The demo: offices, people and requests that are made up. No address and no number here reaches anybody."""

from pathlib import Path

from cedars_intl.demo.people import PASSWORD, PATIENT, STAFF

DIRECTORY = Path(__file__).parent / "directory"

# (e-mail, password, who it is). Without a password: a patient, who signs in on the site with a code sent by mail.
SIGN_INS = [(member.email, PASSWORD, member.duty) for member in STAFF]
SIGN_INS.append((PATIENT, "", "patient: signs in on the site by code; read it in the mail sink"))
