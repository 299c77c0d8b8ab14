"""The forms of the portal: `steps` and `agreement` (the request), `accounts`, `replies`."""

from patients.portal.forms.accounts import CodeForm, ResumeForm, SignInForm, WayBackForm
from patients.portal.forms.agreement import AgreementForm
from patients.portal.forms.replies import ReplyForm
from patients.portal.forms.steps import StepForm

__all__ = ["AgreementForm", "CodeForm", "ReplyForm", "ResumeForm", "SignInForm", "StepForm", "WayBackForm"]
