from django.urls import path

from patients.portal import views

app_name = "portal"
urlpatterns = [
    path("request/", views.request_care, name="request"),
    path("request/received/", views.request_received, name="received"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/code/", views.sign_in_code, name="sign_in_code"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("cases/", views.cases, name="cases"),
    path("cases/<str:reference>/", views.case, name="case"),
    path("cases/<str:reference>/reply/", views.reply, name="reply"),
]
