"""Words that libraries put on the team's pages and do not translate themselves: our catalogues hold them.

`tests/architecture/test_admin_words.py` finds what is missing here.
"""

from django.utils.translation import gettext_noop as _

UNFOLD = (
    _("After you've created a user, you’ll be able to edit more user options."),
    _("Click to cancel"),
    _("Dark"),
    _("False"),
    _("Filters"),
    _("Go back"),
    _("Light"),
    _("No results found"),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the password "
        'using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
    _("Reset filters"),
    _("Return to site"),
    _("Run"),
    _("Select action"),
    _("Select all rows"),
    _("Select action to run"),
    _("Select record"),
    _("Select value"),
    _("System"),
    _("This item will be deleted."),
    _("This page yielded into no results. Create a new item or reset your filters."),
    _("True"),
    _("Type to search"),
    _("Welcome back to"),
)
DJANGO = (_("hash"), _("salt"))
OAUTH_TOOLKIT = (_("client ID"),)
