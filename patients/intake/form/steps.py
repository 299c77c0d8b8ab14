"""The steps of the intake form, in order."""

from django.utils.translation import gettext_lazy as _

from offices.routing.needs import Pathway, Urgency
from patients.intake.form.conditions import (
    needs_a_guardian,
    pays_by,
    writes_for_another,
)
from patients.intake.form.kinds import Kind, Question, Section, Step
from patients.intake.models import Relation, Sex

LONGEST_TEXT = 5000

WHO = Section(
    "who",
    _("Who is asking"),
    (
        Step(
            "asker",
            _("Who is writing to us?"),
            (
                Question(
                    "asker",
                    Kind.CHOICE,
                    _("I am"),
                    missing=_("Choose who you are."),
                    choices=(
                        (Relation.SELF, _("the patient")),
                        (Relation.PARENT, _("the mother or father of the patient")),
                        (Relation.GUARDIAN, _("the legal guardian of the patient")),
                        (Relation.RELATIVE, _("a relative or friend of the patient")),
                        (Relation.AGENT, _("an agent or facilitator whom the patient asked")),
                        (Relation.DOCTOR, _("a doctor of the patient")),
                        (Relation.GOVERNMENT, _("a government office or embassy")),
                    ),
                ),
            ),
        ),
        Step(
            "authority",
            _("You write for the patient"),
            (
                Question(
                    "asker_name",
                    Kind.LINE,
                    _("Your own name"),
                    missing=_("Enter your own name."),
                    max_length=400,
                    autocomplete="name",
                    only_if=writes_for_another,
                ),
                Question(
                    "authority_basis",
                    Kind.CHOICE,
                    _("Why may you act for the patient?"),
                    missing=_("Choose why you may act for the patient."),
                    choices=(
                        ("minor", _("The patient is my child and not of age")),
                        ("court", _("A court has appointed me")),
                        ("power_of_attorney", _("I have a power of attorney")),
                        ("permission", _("The patient has asked me to")),
                        ("office", _("It is my office or profession")),
                        ("cannot_speak", _("The patient cannot speak for himself or herself now")),
                    ),
                    only_if=writes_for_another,
                ),
                Question(
                    "authority_words",
                    Kind.TEXT,
                    _("Is there more that we should know about this?"),
                    hint=_("You can send a proof with the records later. We may ask for it."),
                    max_length=LONGEST_TEXT,
                    only_if=writes_for_another,
                    own_words=True,
                ),
            ),
        ),
    ),
)

PATIENT = Section(
    "patient",
    _("The patient"),
    (
        Step(
            "name",
            _("What is the patient’s name?"),
            (
                Question("given_names", Kind.LINE, _("Given names"), autocomplete="given-name"),
                Question("family_name", Kind.LINE, _("Family name"), autocomplete="family-name"),
                Question(
                    "native_name",
                    Kind.LINE,
                    _("Full name in your own script"),
                    hint=_("For example in Arabic, Chinese or Cyrillic letters."),
                ),
                Question(
                    "called",
                    Kind.LINE,
                    _("How should we address the patient?"),
                    hint=_("For example Mrs Núñez, Abu Omar, or the first name."),
                ),
            ),
            lead=_(
                "Write the name as in the passport, if there is one. Whoever has only one name fills in one of the two."
            ),
        ),
        Step(
            "birth",
            _("When was the patient born?"),
            (
                Question(
                    "birth_date",
                    Kind.BIRTH_DATE,
                    _("Date of birth"),
                    hint=_("As in the passport."),
                    missing=_("Enter the day, the month and the year of birth."),
                ),
                Question("sex", Kind.CHOICE, _("Sex"), choices=tuple(Sex.choices[1:]), hint=_("As in the passport.")),
            ),
        ),
        Step(
            "origin",
            _("Where is the patient from?"),
            (
                Question(
                    "residence_country",
                    Kind.COUNTRY,
                    _("Country where the patient lives"),
                    missing=_("Choose the country where the patient lives."),
                    autocomplete="country",
                ),
                Question("nationality", Kind.COUNTRY, _("Nationality"), hint=_("As in the passport.")),
                Question(
                    "national_id",
                    Kind.LINE,
                    _("Number of the national identity card"),
                    hint=_("It helps the payer in this country to find the patient."),
                    max_length=40,
                    dir="ltr",
                    by_rule=True,
                ),
            ),
        ),
        Step(
            "guardian",
            _("Who is responsible for the patient?"),
            (
                Question(
                    "guardian_name",
                    Kind.LINE,
                    _("Name of the parent or guardian"),
                    missing=_("Enter the name of a parent or guardian."),
                    max_length=400,
                    only_if=needs_a_guardian,
                ),
                Question(
                    "guardian_relation",
                    Kind.CHOICE,
                    _("This person is"),
                    missing=_("Choose who this person is."),
                    choices=((Relation.PARENT, _("mother or father")), (Relation.GUARDIAN, _("legal guardian"))),
                    only_if=needs_a_guardian,
                ),
                Question(
                    "guardian_phone",
                    Kind.PHONE,
                    _("Phone number of the parent or guardian"),
                    missing=_("Enter a phone number of the parent or guardian."),
                    hint=_("With the country code if you can."),
                    dir="ltr",
                    only_if=needs_a_guardian,
                ),
            ),
            lead=_("The patient is not yet 18 years old, so we need a parent or guardian who decides."),
        ),
    ),
)

REACH = Section(
    "reach",
    _("How we reach you"),
    (
        Step(
            "contact",
            _("How do we reach you?"),
            (
                Question(
                    "email",
                    Kind.EMAIL,
                    _("E-mail address"),
                    hint=_("We send our answer here. You also need it to open your case on this site."),
                    missing=_("Enter an e-mail address, so that we can answer you."),
                    autocomplete="email",
                    dir="ltr",
                ),
                Question(
                    "phone",
                    Kind.PHONE,
                    _("Phone number"),
                    hint=_("With the country code if you can. A number of the country above is understood without it."),
                    autocomplete="tel",
                    dir="ltr",
                ),
            ),
        ),
        Step(
            "times",
            _("When may we call you?"),
            (
                Question(
                    "time_zone",
                    Kind.TIME_ZONE,
                    _("Your time zone"),
                    hint=_("So that we tell you times as your clock shows them."),
                ),
                Question(
                    "best_times",
                    Kind.CHOICES,
                    _("Good times for a call"),
                    choices=(
                        ("morning", _("in the morning (8 to 12)")),
                        ("afternoon", _("in the afternoon (12 to 17)")),
                        ("evening", _("in the evening (17 to 21)")),
                        ("weekend", _("at the weekend too")),
                    ),
                ),
            ),
        ),
        Step(
            "language",
            _("Which language do you speak?"),
            (
                Question(
                    "language",
                    Kind.LANGUAGE,
                    _("Language we should write in"),
                    hint=_(
                        "We write in the eight languages of this site. If you choose another one, we write in English."
                    ),
                    missing=_("Choose the language we should write in."),
                ),
                Question(
                    "interpreter",
                    Kind.CHOICE,
                    _("Does the patient need an interpreter?"),
                    choices=(
                        ("no", _("No, the patient speaks English")),
                        ("yes", _("Yes, for the language above")),
                        ("dialect", _("Yes, for another language or dialect")),
                        ("sign", _("Yes, for a sign language")),
                    ),
                    hint=_("It costs you nothing."),
                ),
                Question(
                    "interpreter_words", Kind.LINE, _("Which language, dialect or sign language?"), own_words=True
                ),
            ),
        ),
    ),
)

CARE = Section(
    "care",
    _("The care you seek"),
    (
        Step(
            "specialty",
            _("What kind of care is needed?"),
            (
                Question(
                    "specialty",
                    Kind.SPECIALTY,
                    _("Kind of care"),
                    hint=_("If you are not sure, choose the nearest one. We also read your own words."),
                    missing=_("Choose the kind of care that is needed."),
                ),
            ),
        ),
        Step(
            "programme",
            _("Do you know the programme or treatment?"),
            (Question("programme", Kind.PROGRAMME, _("Programme or treatment")),),
        ),
        Step(
            "wish",
            _("What do you hope for?"),
            (
                Question(
                    "pathway",
                    Kind.CHOICE,
                    _("I hope for"),
                    missing=_("Choose what you hope for. You may change it later."),
                    choices=(
                        (Pathway.IN_PERSON, _("care at the centre in Los Angeles")),
                        (Pathway.SECOND_OPINION, _("a second opinion, without travelling")),
                        (Pathway.TRANSFER, _("a transfer from another hospital")),
                        (Pathway.ADVICE, _("advice: I am not sure yet")),
                    ),
                ),
            ),
        ),
        Step(
            "words",
            _("What has happened?"),
            (
                Question(
                    "diagnosis",
                    Kind.LINE,
                    _("The diagnosis, if you know it"),
                    max_length=400,
                    own_words=True,
                ),
                Question(
                    "words",
                    Kind.TEXT,
                    _("What has happened, and what do you hope for?"),
                    hint=_("Write in your own words and your own language. You can send records and images later."),
                    missing=_("Tell us in your own words what care is needed."),
                    max_length=LONGEST_TEXT,
                ),
            ),
        ),
        Step(
            "urgency",
            _("How urgent is it?"),
            (
                Question(
                    "urgency",
                    Kind.CHOICE,
                    _("How urgent is it?"),
                    missing=_("Choose how urgent it is."),
                    choices=(
                        (Urgency.ROUTINE, _("It can wait for some weeks")),
                        (Urgency.URGENT, _("It must be soon: within days")),
                        (Urgency.EMERGENCY, _("A life is in danger now")),
                    ),
                ),
            ),
            note="portal/intake/emergency.html",
        ),
    ),
)

HEALTH = Section(
    "health",
    _("Health"),
    (
        Step(
            "history",
            _("Illnesses and treatments so far"),
            (
                Question(
                    "history",
                    Kind.TEXT,
                    _("Illnesses, operations and treatments so far"),
                    hint=_("With the year, if you know it. Write what you know; the rest is in the records."),
                    max_length=LONGEST_TEXT,
                    own_words=True,
                ),
            ),
        ),
        Step(
            "medicines",
            _("Which medicines does the patient take?"),
            (
                Question(
                    "medicines",
                    Kind.TEXT,
                    _("Medicines, each with how much and how often"),
                    max_length=LONGEST_TEXT,
                    own_words=True,
                ),
                Question("no_medicines", Kind.YES, _("The patient takes no medicines")),
            ),
        ),
        Step(
            "allergies",
            _("Is the patient allergic to anything?"),
            (
                Question(
                    "allergies",
                    Kind.TEXT,
                    _("Allergies, each with what happens"),
                    hint=_("To medicines, contrast media, latex, food."),
                    max_length=LONGEST_TEXT,
                    own_words=True,
                ),
                Question("no_allergies", Kind.YES, _("No allergies are known")),
            ),
        ),
    ),
)

DOCUMENTS = Section("documents", _("Records"), (Step("documents", _("Send medical records")),))

COMFORT = Section(
    "comfort",
    _("Culture and comfort"),
    (
        Step(
            "clinician",
            _("Who should examine the patient?"),
            (
                Question(
                    "clinician_gender",
                    Kind.CHOICE,
                    _("The patient would rather be examined by"),
                    choices=(("any", _("anybody")), ("female", _("a woman")), ("male", _("a man"))),
                    hint=_("We do what we can. In an emergency it may not be possible."),
                ),
            ),
        ),
        Step(
            "diet",
            _("What does the patient eat?"),
            (
                Question(
                    "diet",
                    Kind.CHOICES,
                    _("Food"),
                    choices=(
                        ("halal", _("halal")),
                        ("kosher", _("kosher")),
                        ("vegetarian", _("vegetarian")),
                        ("vegan", _("vegan")),
                        ("no_pork", _("no pork")),
                        ("no_beef", _("no beef")),
                        ("gluten_free", _("without gluten")),
                        ("lactose_free", _("without lactose")),
                        ("diabetic", _("for diabetes")),
                        ("soft", _("soft or liquid food")),
                    ),
                ),
                Question("diet_words", Kind.LINE, _("Anything else about food"), max_length=400, own_words=True),
            ),
        ),
        Step(
            "faith",
            _("Faith and customs"),
            (
                Question(
                    "faith",
                    Kind.CHOICES,
                    _("What should we respect?"),
                    choices=(
                        ("prayer", _("time and a place to pray")),
                        ("qibla", _("to know the direction of prayer")),
                        ("fasting", _("times of fasting")),
                        ("chaplain", _("a visit by clergy")),
                        ("no_blood", _("no blood products")),
                        ("modesty", _("modest clothing during examinations")),
                        ("family_told_first", _("that the family is told serious news first")),
                    ),
                ),
                Question(
                    "faith_words", Kind.LINE, _("Anything else we should respect"), max_length=400, own_words=True
                ),
            ),
        ),
        Step(
            "mobility",
            _("Can the patient move about?"),
            (
                Question(
                    "mobility",
                    Kind.CHOICES,
                    _("The patient needs"),
                    choices=(
                        ("help_walking", _("help with walking")),
                        ("wheelchair", _("a wheelchair")),
                        ("stretcher", _("to lie down during the journey")),
                        ("oxygen", _("oxygen")),
                        ("hearing", _("help with hearing")),
                        ("seeing", _("help with seeing")),
                    ),
                ),
                Question("mobility_words", Kind.LINE, _("Anything else about moving"), max_length=400, own_words=True),
            ),
        ),
        Step(
            "companions",
            _("Who comes with the patient?"),
            (
                Question(
                    "companions",
                    Kind.CHOICE,
                    _("How many people come with the patient?"),
                    choices=(("0", _("nobody")), ("1", "1"), ("2", "2"), ("3", "3"), ("4", _("4 or more"))),
                ),
                Question(
                    "companions_words",
                    Kind.TEXT,
                    _("Who are they?"),
                    hint=_("Names and relation to the patient; children with their age."),
                    max_length=LONGEST_TEXT,
                    own_words=True,
                ),
            ),
        ),
    ),
)

JOURNEY = Section(
    "journey",
    _("The journey"),
    (
        Step(
            "passport",
            _("The patient’s passport"),
            (
                Question(
                    "passport_number",
                    Kind.LINE,
                    _("Passport number"),
                    hint=_("If there is no passport yet, leave this empty."),
                    max_length=40,
                    dir="ltr",
                ),
                Question("passport_expires_on", Kind.DATE, _("The passport is valid until")),
            ),
        ),
        Step(
            "visa",
            _("A visa for the United States"),
            (
                Question(
                    "visa",
                    Kind.CHOICE,
                    _("The patient"),
                    choices=(
                        ("has", _("has a visa that is valid")),
                        ("applied", _("has applied for one")),
                        ("none", _("has none yet")),
                        ("not_needed", _("needs none (ESTA, or a citizen)")),
                        ("refused", _("was refused a visa before")),
                        ("unsure", _("I am not sure")),
                    ),
                ),
            ),
        ),
        Step(
            "dates",
            _("When could the patient come?"),
            (
                Question("travel_from", Kind.DATE, _("Not before")),
                Question(
                    "travel_words",
                    Kind.LINE,
                    _("Anything that decides when"),
                    hint=_("For example school, work, Ramadan, or a treatment that must be finished."),
                    max_length=400,
                    own_words=True,
                ),
            ),
        ),
    ),
)

PAYER = Section(
    "payer",
    _("Who pays"),
    (
        Step(
            "payer",
            _("Who pays for the care?"),
            (
                Question(
                    "payer",
                    Kind.CHOICE,
                    _("The care is paid by"),
                    choices=(
                        ("self", _("the patient or the family")),
                        ("insurer", _("an insurance")),
                        ("sponsor", _("an embassy or a government office")),
                        ("employer", _("an employer")),
                        ("unsure", _("that is not known yet")),
                    ),
                ),
            ),
            lead=_("We give you an estimate before anything is decided. Nothing is due now."),
        ),
        Step(
            "payer_details",
            _("Details of who pays"),
            (
                Question("insurer_name", Kind.LINE, _("Name of the insurance"), only_if=pays_by("insurer")),
                Question(
                    "policy_number",
                    Kind.LINE,
                    _("Number of the policy"),
                    max_length=80,
                    dir="ltr",
                    only_if=pays_by("insurer"),
                ),
                Question("sponsor_name", Kind.LINE, _("Name of the office"), only_if=pays_by("sponsor")),
                Question(
                    "sponsor_reference",
                    Kind.LINE,
                    _("Its reference or number of the letter of guarantee"),
                    max_length=80,
                    dir="ltr",
                    only_if=pays_by("sponsor"),
                ),
                Question("employer_name", Kind.LINE, _("Name of the employer"), only_if=pays_by("employer")),
                Question(
                    "payer_contact",
                    Kind.LINE,
                    _("Whom may we ask there?"),
                    hint=_("Name, e-mail address or phone number."),
                    max_length=400,
                    only_if=pays_by("insurer", "sponsor", "employer"),
                ),
            ),
        ),
    ),
)

AGREEMENT = Section("agreement", _("Your agreement"), (Step("consents", _("Your agreement")),))

SECTIONS = (WHO, PATIENT, REACH, CARE, HEALTH, DOCUMENTS, COMFORT, JOURNEY, PAYER, AGREEMENT)
STEPS = {step.code: step for section in SECTIONS for step in section.steps}
QUESTIONS = {question.code: question for step in STEPS.values() for question in step.questions}
# Their pages save what no question holds: uploads by themselves, and agreements with the text that was read.
PAGES_OF_THEIR_OWN = frozenset({"documents", "consents"})
