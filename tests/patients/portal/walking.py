"""Walking through the intake as a browser does: what each page takes, and the way to its end."""

from django.test import Client

TYPED = {
    "asker": {"asker": "self"},
    "name": {"given_names": "María", "family_name": "Núñez", "native_name": "", "called": ""},
    "birth": {"birth_date_day": "17", "birth_date_month": "5", "birth_date_year": "1980", "sex": "female"},
    "origin": {"residence_country": "MX", "nationality": "MX"},
    "contact": {"email": "maria@example.org", "phone": ""},
    "times": {"time_zone": ""},
    "language": {"language": "es"},
    "specialty": {"specialty": "cardiology"},
    "wish": {"pathway": "in_person"},
    "words": {"diagnosis": "", "words": "Tengo dolor en el pecho."},
    "urgency": {"urgency": "routine"},
    "consents": {"consent_treatment_inquiry": "on", "consent_records": "on"},
}


def begin(client: Client, language="en", **known):
    """A draft in this browser; the answer of the page that begins it."""
    return client.post(f"/{language}/request/start/", known)


def save(client: Client, step: str, typed: dict, language="en", **options):
    return client.post(f"/{language}/request/steps/{step}/", typed, **options)


def fill(client: Client, language="en", **changes):
    """Begin, and save every page that must be; `changes` are fields by name, put over what is usual."""
    begin(client, language)
    left = dict(changes)
    for step, typed in TYPED.items():
        typed = typed | {name: left.pop(name) for name in list(left) if name in typed}
        answer = save(client, step, typed, language)
        assert answer.status_code == 302, (step, answer.status_code, answer.content.decode()[:3000])
    assert not left, f"No page asks for {left}."


def send(client: Client, language="en"):
    return client.post(f"/{language}/request/check/")
