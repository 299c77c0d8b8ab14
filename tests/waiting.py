import time


def wait_until(holds, *, seconds=30, what="the condition"):
    """Ask `holds()` until it returns something true, and return that. For real processes only; fails at the deadline."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} seconds"
        time.sleep(0.05)
    return answer
