"""Other people's admin pages that nobody here works with."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.models import Group

admin.site.unregister([EmailAddress, Authenticator, UserSession, Group])
