"""The directory at the desk: `offices`, `services`, `people`."""

from offices.directory.admin import offices, services
from offices.directory.admin.people import UserAdmin

__all__ = ["UserAdmin", "offices", "services"]
