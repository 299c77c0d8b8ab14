"""The demo's requests as they happen: the hand-written ones (cases/*.toml) and a full queue (queue.toml)."""

import tomllib
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from itertools import count
from pathlib import Path

FOLDER = Path(__file__).parent
# Each request of the queue is older than the one before it: from two hours to six weeks.
NEWEST_HOURS, GROWTH = 2, 1.13
# (from how many hours on, the stages in which requests of that age stand). None: nobody has answered yet.
STAGES_BY_AGE = [
    (300, ("clinical_review", "estimate", "scheduling", "financial_clearance", "travel", "follow_up", "closed")),
    (90, ("records", "clinical_review", "estimate")),
    (24, ("records", "submitted", None, "records", None)),
    (0, (None, None, "submitted")),
]


@dataclass(frozen=True)
class StoryMessage:
    hours_ago: float
    text: str
    from_patient: bool = False


@dataclass(frozen=True)
class StoryDocument:
    """A file that the patient sent. `make` is one of cedars_intl.demo.files; the document is `days_old` at the load.

    In `text`, {date} is its date; of images, it is the description. `summary` is {section: statements}.
    """

    hours_ago: float
    filename: str
    make: str
    days_old: int = 0
    text: str = ""
    modality: str = "MR"
    of_another: bool = False
    summary: dict = field(default_factory=dict)


@dataclass(frozen=True)
class StoryAsked:
    """Records (codes of the rules) that the coordinator asked for."""

    hours_ago: float
    records: list[str]


@dataclass(frozen=True)
class Story:
    """A request and what became of it. `hours_ago` counts back from the first load; `email` tells the stories apart.

    `english` is a released translation of `words`, `draft` one that waits for a reviewer. Who answers, and from which
    office, is decided as for every request: messages name them as {coordinator} and {office}. With `referred_by` (an
    institution) a partner sent it.
    """

    email: str
    given_names: str
    birth_date: date
    sex: str
    residence_country: str
    language: str
    time_zone: str
    specialty: str
    words: str
    hours_ago: float
    stage: str
    family_name: str = ""
    native_name: str = ""
    phone: str = ""
    words_language: str = ""
    pathway: str = "in_person"
    urgency: str = "routine"
    programme: str = ""
    english: str = ""
    draft: str = ""
    referred_by: str = ""
    partner_reference: str = ""
    messages: tuple[StoryMessage, ...] = field(default=())
    documents: tuple[StoryDocument, ...] = field(default=())
    asked: tuple[StoryAsked, ...] = field(default=())


def all_stories() -> list[Story]:
    """Every story, the oldest first."""
    return sorted([*written_stories(), *queue_stories()], key=lambda story: -story.hours_ago)


def written_stories():
    for path in sorted(FOLDER.glob("cases/*.toml")):
        for case in tomllib.loads(path.read_text("utf-8"))["case"]:
            texts = {name: case[name].strip() for name in ("words", "english", "draft") if name in case}
            messages = tuple(
                StoryMessage(**message | {"text": message["text"].strip()}) for message in case.pop("message", ())
            )
            documents = tuple(StoryDocument(**document) for document in case.pop("document", ()))
            asked = tuple(StoryAsked(**asked) for asked in case.pop("asked", ()))
            yield Story(**case | texts, messages=messages, documents=documents, asked=asked)


def queue_stories():
    queue = tomllib.loads((FOLDER / "queue.toml").read_text("utf-8"))
    places = {hours: count() for hours, _stages in STAGES_BY_AGE}
    people = {language: count() for language in queue["names"]}
    for index, story in enumerate(queue["story"]):
        language, sex, born = story.pop("language"), story.pop("sex"), story.pop("born")
        country = story.pop("country")
        hours_ago = round(NEWEST_HOURS * GROWTH**index, 1)
        age, stages = next((age, stages) for age, stages in STAGES_BY_AGE if hours_ago >= age)
        stage = stages[next(places[age]) % len(stages)]
        given_names, family_name = _name(queue["names"][language], sex, next(people[language]))
        messages = ()
        if stage:
            texts = queue["welcome"][language]
            messages = (StoryMessage(hours_ago=round(hours_ago * 0.8, 1), text=texts[index % len(texts)]),)
        yield Story(
            email=_address(given_names, family_name),
            given_names=given_names,
            family_name=family_name,
            birth_date=date(born, 1 + index * 5 % 12, 1 + index * 11 % 28),
            sex=sex,
            residence_country=country,
            language=language,
            time_zone=queue["zones"][country],
            phone=f"+131055501{30 + index}" if index % 3 == 0 else "",
            hours_ago=hours_ago,
            stage=stage or "submitted",
            messages=messages,
            **story,
        )


def _name(names, sex, number):
    """The `number`th person of a language: given names in turn, family names in steps that do not repeat a pair."""
    given, family = names[sex], names["family"]
    first = family[number % len(family)]
    second = family[(number * 5 + 3) % len(family)]
    return given[number % len(given)], first if second == first else f"{first} {second}"


def _address(given_names, family_name):
    name = f"{given_names.split()[0]}.{family_name.split()[0]}"
    return unicodedata.normalize("NFD", name).encode("ascii", "ignore").decode().lower() + "@example.org"
