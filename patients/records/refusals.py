"""Why a file is not accepted, and what its sender can do about it."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from offices.kit.templatetags.formats import file_size
from patients.records.limits import MOST_ENTRIES, MOST_PIXELS


class Refusal(models.TextChoices):
    """Each code with the sentence that its sender reads. `Document.refusal` keeps the code."""

    EMPTY = "empty", _("This file is empty. Open it on your device to see what is in it, then save and send it again.")
    TOO_LARGE = (
        "too_large",
        _("This file is larger than %(largest)s. Send it in smaller parts, or ask us for another way to send it."),
    )
    TOO_LONG = ("too_long", _("This document is too long for us to open. Send it in several shorter files."))
    TYPE_NOT_ACCEPTED = (
        "type_not_accepted",
        _(
            "We cannot open this type of file. Send it as a PDF, a photo (JPEG, PNG or HEIC), a Word or Excel document,"
            " a text, DICOM images, or a zip file of DICOM images."
        ),
    )
    TYPE_DISAGREES = (
        "type_disagrees",
        _(
            "The end of this file’s name does not fit what is in the file. Save it again with the program that made it,"
            " without changing the end of its name, and send the new file."
        ),
    )
    BROKEN = (
        "broken",
        _("This file is damaged and does not open. Open it on your device, save it again, and send the new file."),
    )
    ENCRYPTED_PDF = (
        "encrypted_pdf",
        _("This PDF is locked with a password. Save or print it as a new PDF without the password, and send that."),
    )
    ENCRYPTED_OFFICE = (
        "encrypted_office",
        _("This document is locked with a password. Save a copy without the password, or as a PDF, and send that."),
    )
    MACROS = (
        "macros",
        _("This document contains macros, which are small programs. Save it as a PDF, and send that."),
    )
    ZIP_ENCRYPTED = (
        "zip_encrypted",
        _("This zip file is locked with a password. Send it without the password, or send the folder itself."),
    )
    ZIP_BOMB = (
        "zip_bomb",
        _("This zip file unpacks to far more than we can take. Send the folder itself, without zipping it."),
    )
    ZIP_TOO_MANY = (
        "zip_too_many",
        _("This zip file holds more than %(entries)s files. Send one zip file for each examination."),
    )
    ZIP_NESTED = (
        "zip_nested",
        _("This zip file has other zip files in it. Unpack it first, and send what was in it."),
    )
    ZIP_NAMES = (
        "zip_names",
        _("The names of files in this zip file lead outside it. Unpack it on your device, and send the folder itself."),
    )
    ZIP_NO_STUDY = (
        "zip_no_study",
        _("There are no DICOM images in this zip file. Unpack it, and send the documents that were in it themselves."),
    )
    PIXEL_FLOOD = (
        "pixel_flood",
        _("The picture in this file has more than %(megapixels)s megapixels. Save it in a smaller size and send that."),
    )
    XML_UNSAFE = (
        "xml_unsafe",
        _("This XML file has a document type or entities in it, which we do not open. Export it again without them."),
    )
    NOT_A_SUMMARY = (
        "not_a_summary",
        _(
            "This is no patient summary that we can read (C-CDA as XML, or FHIR as JSON). Ask the hospital for one, or"
            " send the record as a PDF."
        ),
    )
    VIRUS = (
        "virus",
        _(
            "Our virus check found something harmful in this file. Check your device for viruses, or ask whoever gave"
            " you the file for a new copy, and send that."
        ),
    )


class Refused(Exception):
    """The file is not accepted. `code` is one of Refusal; the text is for its sender."""

    def __init__(self, code: str):
        self.code = str(Refusal(code).value)
        super().__init__(self.code)

    def __str__(self):
        return refusal_text(self.code)


def refusal_text(code: str) -> str:
    """The sentence of a code in the active language; empty for no code."""
    if not code:
        return ""
    return str(Refusal(code).label) % {
        "largest": file_size(settings.UPLOAD_LARGEST_BYTES),
        "entries": f"{MOST_ENTRIES}",
        "megapixels": MOST_PIXELS // 1_000_000,
    }
