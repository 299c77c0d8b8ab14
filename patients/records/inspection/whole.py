"""Everything in a file that could harm its readers or the worker that opens it, by its type."""

from typing import BinaryIO

from patients.records.inspection import archives, images, names, papers, structured
from patients.records.refusals import Refusal, Refused
from patients.records.sources import Unreadable, watched
from patients.records.virus import find_test_virus

_CHECKS = {
    names.PDF: papers.check_pdf,
    names.RTF: papers.check_text,
    names.TEXT: papers.check_text,
    names.CSV: papers.check_text,
    names.XML: structured.check_xml,
    names.JSON: structured.check_json,
    names.ZIP: archives.check_study,
    names.DICOM: images.check_dicom,
}
_CHECKS |= dict.fromkeys(names.PICTURES, images.check_picture)
_CHECKS |= dict.fromkeys(names.OLE, papers.check_old_office)
_CHECKS |= dict.fromkeys(names.OOXML | names.ODF, archives.check_office)


def inspect_file(filename: str, media_type: str, stream: BinaryIO, size: int) -> None:
    """Look into a whole file whose head was accepted as `media_type`. Raises Refused.

    What goes wrong in `stream` itself is raised as it is: then nothing is known of the file.
    """
    try:
        with watched(stream) as reader:
            find_test_virus(reader)
            reader.seek(0)
            _CHECKS[media_type](reader, media_type=media_type, size=size)
    except Unreadable as error:
        raise Refused(Refusal.BROKEN) from error
