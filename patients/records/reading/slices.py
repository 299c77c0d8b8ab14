"""A DICOM image as a picture: its middle frame, with the shades that the scanner chose."""

from typing import BinaryIO

import numpy
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.multival import MultiValue
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi, pixel_array
from pydicom.uid import DeflatedExplicitVRLittleEndian

from patients.records.inspection.images import number_in, read_header
from patients.records.limits import MOST_PIXELS
from patients.records.notes import Note
from patients.records.reading.pictures import Drawn, as_preview, spread
from patients.records.sources import Unreadable

# Without a window: the shades between these hundredths of the pixels.
PERCENTILES = (1, 99)


def draw_slice(stream: BinaryIO) -> Drawn:
    """Raises Unreadable when there is no picture in it, and whatever decoders raise of a broken one."""
    header = read_header(stream)
    rows, columns = number_in(header, "Rows", 0), number_in(header, "Columns", 0)
    if not rows or not columns or rows * columns > MOST_PIXELS:
        raise Unreadable(Note.NO_PIXELS)
    stream.seek(0)
    is_deflated = header.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian
    source = dcmread(stream) if is_deflated else stream  # of which only one frame is read
    pixels = pixel_array(source, index=number_in(header, "NumberOfFrames", 1) // 2)
    return as_preview(Image.fromarray(as_shades(pixels, header)))


def as_shades(pixels: numpy.ndarray, header: Dataset) -> numpy.ndarray:
    """The pixels of one frame in eight bits, grey or red, green and blue."""
    kind = header.get("PhotometricInterpretation", "")
    if kind == "PALETTE COLOR":
        return _eight_bits(apply_color_lut(pixels, header))
    if pixels.ndim == 3:
        return _eight_bits(pixels)
    shades = _windowed(apply_modality_lut(pixels, header), header)
    return 255 - shades if kind == "MONOCHROME1" else shades


def _eight_bits(pixels):
    return pixels if pixels.dtype == numpy.uint8 else (pixels >> (8 * pixels.dtype.itemsize - 8)).astype("uint8")


def _windowed(pixels, header):
    if header.get("VOILUTSequence"):
        return spread(apply_voi(pixels, header))
    center, width = _first(header.get("WindowCenter")), _first(header.get("WindowWidth"))
    if center is None or not width or width < 1:
        low, high = numpy.percentile(pixels, PERCENTILES)
    else:
        low, high = center - width / 2, center + width / 2
    shades = (pixels.astype("float32") - low) * (255 / max(high - low, 1e-6))
    return numpy.clip(shades, 0, 255).astype("uint8")


def _first(value):
    """A window may be given several times, for several tastes."""
    if isinstance(value, MultiValue):
        value = value[0] if value else None
    return None if value in (None, "") else float(value)
