"""Pictures and DICOM files: that they open, and how much they unpack to."""

import zlib
from typing import BinaryIO

import pydicom
from PIL import Image
from pillow_heif import register_heif_opener
from pydicom.filereader import _read_file_meta_info, read_preamble
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from patients.records.limits import MOST_MEMORY_BYTES, MOST_PIXELS, MOST_UNPACKED_BYTES, MOST_VALUE_BYTES, OCR_PAGES
from patients.records.refusals import Refusal, Refused

register_heif_opener()
# Our own limit, which says what to do, stands before Pillow's.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
CHUNK_BYTES = 1024 * 1024
_PLAIN_PIXELS = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)


def check_picture(stream: BinaryIO, **kwargs) -> None:
    """A picture that opens; of several in one file, those that we would ever draw. Raises Refused."""
    try:
        picture = Image.open(stream)
        for frame in range(min(OCR_PAGES, getattr(picture, "n_frames", 1))):
            picture.seek(frame)
            if picture.width * picture.height > MOST_PIXELS:
                raise Refused(Refusal.PIXEL_FLOOD)
        picture.seek(0)
        picture.draft(None, (1000, 1000))  # only JPEG knows how to be decoded small
        picture.load()
    except Image.DecompressionBombError as error:
        raise Refused(Refusal.PIXEL_FLOOD) from error


def check_dicom(stream: BinaryIO, *, size: int, **kwargs) -> None:
    """A DICOM file whose header can be read and whose frames are of a size that can be drawn. Raises Refused."""
    header = read_header(stream)
    pixels_are_at = stream.tell()
    if "MediaStorageSOPClassUID" not in header.file_meta and "SOPClassUID" not in header:
        raise Refused(Refusal.BROKEN)
    rows, columns = number_in(header, "Rows", 0), number_in(header, "Columns", 0)
    bits = number_in(header, "BitsAllocated", 8) * number_in(header, "SamplesPerPixel", 1)
    unpacked = rows * columns * number_in(header, "NumberOfFrames", 1) * bits // 8
    if header.get("PhotometricInterpretation") == "YBR_FULL_422":  # which keeps two of three samples
        unpacked = unpacked * 2 // 3
    if rows * columns > MOST_PIXELS or unpacked > MOST_UNPACKED_BYTES:
        raise Refused(Refusal.PIXEL_FLOOD)
    if header.file_meta.get("TransferSyntaxUID") in _PLAIN_PIXELS and 0 < size - pixels_are_at < unpacked:
        raise Refused(Refusal.BROKEN)  # cut off


def number_in(header: pydicom.Dataset, name: str, default: int) -> int:
    """`default` where it is absent, empty or no number."""
    try:
        return int(header.get(name) or default)
    except (ValueError, TypeError):
        return default


def read_header(stream: BinaryIO, *, tags: list[str] | None = None) -> pydicom.Dataset:
    """A DICOM file before its pixels, or only `tags` of that; values above MOST_VALUE_BYTES are read when they are
    asked for. Raises Refused, or what pydicom raises."""
    require_small_when_deflated(stream)
    stream.seek(0)
    return pydicom.dcmread(stream, stop_before_pixels=True, specific_tags=tags, defer_size=MOST_VALUE_BYTES)


def require_small_when_deflated(stream: BinaryIO) -> None:
    """pydicom inflates such a file whole, and would not stop."""
    stream.seek(0)
    read_preamble(stream, force=False)
    if _read_file_meta_info(stream).get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while size <= MOST_MEMORY_BYTES:
        chunk = inflate.unconsumed_tail or stream.read(CHUNK_BYTES)
        inflated = inflate.decompress(chunk, CHUNK_BYTES)
        if not chunk and not inflated:
            return
        size += len(inflated)
    raise Refused(Refusal.PIXEL_FLOOD)
