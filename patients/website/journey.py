"""The stages of a case as a patient meets them: what happens, and what decides how long it takes."""

from django.utils.translation import gettext_lazy as _

from patients.cases.models import Stage

# (stage, what happens and who does what, what decides the time). The first time is a promise and is told by the page.
JOURNEY = (
    (
        Stage.SUBMITTED,
        _("You tell us in your own words what has happened. You get a reference, and one office takes care of you."),
        "",
    ),
    (
        Stage.RECORDS,
        _("You or your doctor send the medical records. We say what is needed and have it translated."),
        _("It depends on how soon the records are with us."),
    ),
    (
        Stage.CLINICAL_REVIEW,
        _("Physicians read your records and say whether and how they can help. We explain it in your language."),
        _("It depends on what has to be judged; sometimes one more test at home is needed."),
    ),
    (
        Stage.ESTIMATE,
        _("You receive an estimate of the costs in writing. You ask, compare and decide in peace."),
        _("It begins when the physicians have said which treatment they advise."),
    ),
    (
        Stage.FINANCIAL_CLEARANCE,
        _("You, your insurer or your sponsor arrange the payment. We write to them for you if you wish."),
        _("It depends on how soon the payer confirms."),
    ),
    (
        Stage.SCHEDULING,
        _("We book the appointments and send you the days, in the time of your own clock."),
        _("It depends on how urgent the care is and when the physicians are free."),
    ),
    (
        Stage.TRAVEL,
        _("We help with letters for the visa, with the journey, and with a place to stay for you and your family."),
        _("It depends mostly on the authorities that give the visa."),
    ),
    (
        Stage.IN_CARE,
        _("Your coordinator and an interpreter are there for you while you are treated."),
        _("Your physicians tell you how long you should stay."),
    ),
    (
        Stage.RETURN_HOME,
        _("You get a summary and a plan in your language, for you and for your doctor at home."),
        _("You travel when your physicians say that it is safe."),
    ),
    (
        Stage.FOLLOW_UP,
        _("We ask how you are, answer your questions, and stay in touch with your doctor."),
        _("It lasts as long as your plan says."),
    ),
)
