#!/usr/bin/env python
"""Run a management command; without DATABASE_URL and REDIS_URL, on the embedded servers under var/."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from cedars_intl import local


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cedars_intl.settings")
    local.prepare()
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"cedars-intl does not start: {error}")


if __name__ == "__main__":
    main()
