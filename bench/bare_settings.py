"""The product's settings without its middleware and addresses, for the bare limit."""

from cedars_intl.settings import *  # noqa: F403

INSTALLED_APPS = MIDDLEWARE = []
ROOT_URLCONF = "bench.bare"
