from django.urls import path

from patients.portal import views

app_name = "portal"
urlpatterns = [
    path("request/", views.request_care, name="request"),
    path("request/start/", views.start, name="start"),
    path("request/check/", views.check, name="check"),
    path("request/received/", views.request_received, name="received"),
    path("request/later/", views.save_for_later, name="later"),
    path("request/resume/", views.resume, name="resume"),
    path("request/resume/<str:token>/", views.resume_link, name="resume_link"),
    path("request/close/", views.close, name="close"),
    path("request/discard/", views.discard, name="discard"),
    path("request/steps/<slug:step>/", views.step, name="step"),
    path("request/steps/<slug:step>/keep/", views.keep, name="keep"),
    path("request/steps/<slug:step>/skip/", views.skip, name="skip"),
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/code/", views.sign_in_code, name="sign_in_code"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("documents/", views.documents, name="documents"),
    path("documents/send/", views.send_documents, name="send_documents"),
    path("documents/<uuid:pk>/", views.document, name="document"),
    path("documents/<uuid:pk>/pages/<int:page>/", views.document_page, name="document_page"),
    path("documents/<uuid:pk>/remove/", views.remove, name="remove_document"),
    path("cases/", views.cases, name="cases"),
    path("cases/<str:reference>/", views.case, name="case"),
    path("cases/<str:reference>/reply/", views.reply, name="reply"),
]
