from django.utils import timezone, translation
from django.utils.translation import get_language_from_path


class StaffSettings:
    """Staff read the desk in their own language and in their own time zone, whatever browser they sit at."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not (request.user.is_authenticated and request.user.is_staff):
            return self.get_response(request)
        if not get_language_from_path(request.path_info):
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        with timezone.override(request.user.time_zone):
            return self.get_response(request)
