from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from offices.kit.limits import client_address, is_over_limit
from patients.website.search import clean_query, find

SEARCHES, WINDOW_SECONDS = 60, 60


@never_cache
@require_safe
def search(request):
    """What the website holds on `?q=`, in the reader's language."""
    query = clean_query(request.GET.get("q", ""))
    is_too_often = bool(query) and is_over_limit(
        f"search:{client_address(request)}", limit=SEARCHES, seconds=WINDOW_SECONDS
    )
    context = {
        "title": _("Search"),
        "query": query,
        "is_too_often": is_too_often,
        "results": [] if is_too_often or not query else find(query, get_language()),
    }
    return render(request, "website/search.html", context, status=429 if is_too_often else 200)
