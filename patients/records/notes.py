"""What a step of reading a document says of itself, kept as a code with counts, shown in the reader's language."""

import json

from django.db import models
from django.utils.translation import gettext_lazy as _


class Note(models.TextChoices):
    UNREADABLE = "unreadable", _("We could not read this part of the file. You can still open the file itself.")
    GIVEN_UP = "given_up", _("This did not work, although we tried several times. The team can start it again.")
    NOT_CHECKED = "not_checked", _("The file could not be checked for viruses yet. It waits until it is checked.")
    NO_TEXT = "no_text", _("There is no text in this file.")
    NO_TEXT_READER = "no_text_reader", _("We cannot read the text of files of this type.")
    NO_OCR = "no_ocr", _("The text in this picture was not read: no program for that is installed.")
    SOME_PAGES = "some_pages", _("%(done)s of %(total)s pages were read.")
    LANGUAGE_UNKNOWN = "language_unknown", _("The language could not be told.")
    NO_STUDY_UID = "no_study_uid", _("The file does not say to which examination it belongs.")
    CD_INDEX = "cd_index", _("This is the index of a CD. It has no images.")
    NO_PIXELS = "no_pixels", _("There is no picture in this file that we can show.")
    STUDY = "study", _("Images: %(images)s. Other files in the zip file, left out: %(others)s.")
    SEVERAL_STUDIES = (
        "several_studies",
        _("Examinations: %(studies)s. Images: %(images)s. Other files in the zip file, left out: %(others)s."),
    )
    NOT_VALID = "not_valid", _("The file breaks rules of its standard. What could be read was read.")
    NO_SUMMARY = "no_summary", _("There are no problems, allergies or medicines in this file.")
    LEFT_OUT = "left_out", _("Images that could not be cleaned and are not in the copy: %(images)s.")
    NOTHING_TO_SHARE = "nothing_to_share", _("There are no images in this examination that can be shared.")


def write_note(note: str = "", **counts) -> str:
    """What ProcessingStep.detail keeps."""
    if not note:
        return ""
    return f"{Note(note).value} {json.dumps(counts)}" if counts else Note(note).value


def note_text(detail: str) -> str:
    """ProcessingStep.detail in words of the active language."""
    code, _space, counts = detail.partition(" ")
    if code not in Note.values:
        return detail
    return str(Note(code).label) % (json.loads(counts) if counts else {})
