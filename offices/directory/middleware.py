from django.utils import timezone


class ReaderTimeZone:
    """Times are shown in the zone of the person who reads them."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated and request.user.is_staff:
            with timezone.override(request.user.time_zone):
                return self.get_response(request)
        return self.get_response(request)
