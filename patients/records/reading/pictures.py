"""Pages as pictures: of PDF files, photos and scans."""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy
import pypdfium2
from PIL import Image, ImageOps, ImageSequence
from pillow_heif import register_heif_opener

from patients.records.inspection.names import PDF, PICTURES
from patients.records.limits import PREVIEW_PAGES, PREVIEW_PIXELS, PREVIEW_SECONDS

register_heif_opener()
DRAWN = PICTURES | {PDF}
JPEG_QUALITY = 80


@dataclass(frozen=True)
class Drawn:
    """A preview: a JPEG of at most PREVIEW_PIXELS a side."""

    content: bytes
    width: int
    height: int


def draw_previews(stream: BinaryIO, media_type: str) -> tuple[list[Drawn], int]:
    """Previews of the first pages, and how many pages there are."""
    until, drawn = time.monotonic() + PREVIEW_SECONDS, []
    for page in page_pictures(stream, media_type, most=PREVIEW_PAGES, pixels=PREVIEW_PIXELS):
        drawn.append(as_preview(page))
        if time.monotonic() > until:
            break
    return drawn, count_pages(stream, media_type)


def count_pages(stream: BinaryIO, media_type: str) -> int:
    stream.seek(0)
    if media_type == PDF:
        with pypdfium2.PdfDocument(stream) as document:
            return len(document)
    with Image.open(stream) as picture:
        return getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1


def page_pictures(stream: BinaryIO, media_type: str, *, most: int, pixels: int) -> Iterator[Image.Image]:
    """The first `most` pages, upright, their longer side about `pixels` long or, for photos, less."""
    stream.seek(0)
    if media_type == PDF:
        with pypdfium2.PdfDocument(stream) as document:
            for number in range(min(most, len(document))):
                yield draw_pdf_page(document[number], pixels)
        return
    with Image.open(stream) as picture:
        frames = ImageSequence.Iterator(picture) if picture.format == "TIFF" else [picture]
        for frame, _number in zip(frames, range(most), strict=False):
            frame.draft("RGB", (pixels, pixels))
            upright = as_rgb(ImageOps.exif_transpose(frame))
            upright.thumbnail((pixels, pixels))
            yield upright


def draw_pdf_page(page: pypdfium2.PdfPage, pixels: int) -> Image.Image:
    scale = pixels / max(*page.get_size(), 1)
    return page.render(scale=scale).to_pil()


def as_preview(picture: Image.Image) -> Drawn:
    small = as_rgb(picture)
    small.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
    content = io.BytesIO()
    small.save(content, "JPEG", quality=JPEG_QUALITY)
    return Drawn(content.getvalue(), small.width, small.height)


def as_rgb(picture: Image.Image) -> Image.Image:
    """In eight bits a colour; what is transparent becomes white, and what has more shades is spread over 256."""
    if picture.mode.startswith(("I", "F")):
        return Image.fromarray(spread(numpy.asarray(picture))).convert("RGB")
    if picture.has_transparency_data:
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, picture.convert("RGBA")).convert("RGB")
    return picture.convert("RGB")


def spread(shades: numpy.ndarray) -> numpy.ndarray:
    """Any numbers as 0 (the least) to 255 (the greatest)."""
    shades = numpy.nan_to_num(shades.astype("float32"))
    low, high = shades.min(), shades.max()
    return ((shades - low) * (255 / (high - low if high > low else 1))).astype("uint8")
