from django.urls import path

from partners.api.oauth import TokenView

app_name = "oauth"
urlpatterns = [path("token/", TokenView.as_view(), name="token")]
