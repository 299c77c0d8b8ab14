from django.conf import settings
from rest_framework.throttling import BaseThrottle

from offices.kit.limits import count_one

WINDOW_SECONDS = 60


class CredentialThrottle(BaseThrottle):
    """settings.API_REQUESTS_PER_MINUTE for each credential, all its tokens together; open while Redis is away.

    Every answer carries what is left, in the headers of draft-ietf-httpapi-ratelimit-headers.
    """

    def allow_request(self, request, view):
        if request.auth is None:
            return True
        self.window = count_one(f"api:{request.auth.credential_id}", seconds=WINDOW_SECONDS)
        if self.window is None:
            return True
        limit = settings.API_REQUESTS_PER_MINUTE
        left = max(0, limit - self.window.count)
        view.headers["RateLimit-Policy"] = f'"credential";q={limit};w={WINDOW_SECONDS}'
        view.headers["RateLimit"] = f'"credential";r={left};t={self.window.seconds_left}'
        return self.window.count <= limit

    def wait(self):
        return self.window.seconds_left
