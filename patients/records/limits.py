"""How much of a file is opened, drawn and read. What is above is refused (`refusals`) or left out (`notes`)."""

# A picture, a page at 72 dots an inch, or a DICOM frame with more pixels is refused.
MOST_PIXELS = 120_000_000
# Of a zip file: entries, bytes that they unpack to, and how many times smaller than these the file may be.
MOST_ENTRIES = 20_000
# Of the list of entries at its end, which is read first.
MOST_DIRECTORY_BYTES = 1024 * MOST_ENTRIES
MOST_UNPACKED_BYTES = 8 * 1024**3
MOST_RATIO = 200
# Below this a high ratio is harmless: empty slices pack well.
RATIO_MATTERS_BYTES = 64 * 1024**2
# Of what has to be in memory whole: a text, an XML or JSON file, a part of an office document, a deflated DICOM file.
MOST_MEMORY_BYTES = 32 * 1024**2
# One DICOM object that is drawn or copied is in memory whole, too.
MOST_OBJECT_BYTES = 1024**3
MOST_PAGES = 5_000
# Of an XML file.
MOST_ELEMENTS, MOST_DEPTH = 1_000_000, 500
# A value of a DICOM header above this is not read.
MOST_VALUE_BYTES = 1024**2
# What a step of reading may take beyond what its process has.
MOST_STEP_BYTES = 3 * 1024**3

# A document above this, and a copy of a study, has LONG_SECONDS instead of CELERY_TASK_TIME_LIMIT. That is less than
# the broker's `visibility_timeout`.
LARGE_BYTES = 200 * 1024**2
LONG_SECONDS = 3000.0

PREVIEW_PAGES = 10
PREVIEW_PIXELS = 1_000
OCR_PAGES = 20
OCR_DPI = 200
OCR_PIXELS = 3_000
# Together well below CELERY_TASK_TIME_LIMIT, which ends the worker.
OCR_SECONDS = 180
PREVIEW_SECONDS = 120
MOST_TEXT_LETTERS = 1_000_000
