from allauth.mfa.stages import AuthenticateStage
from django.http import HttpResponseRedirect
from django.urls import reverse


class SecondStep(AuthenticateStage):
    """Between the right password and the session of staff: the second factor, on our own page.

    Who has none yet passes, and `middleware.StaffSession` leads to where one is set up. Patients pass without a query.
    """

    urlname = "admin:second_step"

    def handle(self):
        user = self.login.user
        if user is None or not (user.is_staff and self._should_handle(self.request)):
            return None, True
        self.state["authentication_required"] = True
        return HttpResponseRedirect(reverse(self.urlname)), True
