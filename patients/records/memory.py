"""A wall around what opens files of strangers: whatever a parser makes of one, it does not fill the server's memory."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from patients.records.limits import MOST_STEP_BYTES

_STATM = Path("/proc/self/statm")


@contextmanager
def memory_wall(most: int = MOST_STEP_BYTES) -> Iterator[None]:
    """Inside, this process gets `most` bytes of address space beyond those it has, and MemoryError for more.

    Only for a process that does one thing at a time, as Celery's do. Without /proc, as on macOS, there is no wall.
    """
    if not _STATM.exists():
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wall = int(_STATM.read_text().split()[0]) * resource.getpagesize() + most
    lowest = min(limit for limit in (wall, soft, hard) if limit != resource.RLIM_INFINITY)
    resource.setrlimit(resource.RLIMIT_AS, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
