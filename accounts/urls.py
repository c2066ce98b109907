"""Routes of the door."""

from django.urls import path

from accounts import machine_pages, people, views
from accounts.oidc import views as oidc

app_name = "accounts"
oidc_urlpatterns = [
    path("sign-in/<slug:slug>/", oidc.start, name="oidc-start"),
    path("sign-in/<slug:slug>/return/", oidc.came_back, name="oidc-return"),
    path("sign-in-again/", oidc.again, name="oidc-again"),
    path("signed-out/", oidc.signed_out, name="signed-out"),
    path("signed-out/onward/", oidc.onward, name="oidc-onward"),
    path("sign-out/<slug:slug>/back-channel/", oidc.back_channel, name="oidc-back-channel"),
]
urlpatterns = [
    *oidc_urlpatterns,
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    path("theme/", views.theme, name="theme"),
    path("you/", views.you, name="you"),
    path("you/password/", views.password, name="password"),
    path("you/time-zone/", views.time_zone, name="time-zone"),
    path("you/sign-out-elsewhere/", views.sign_out_elsewhere, name="sign-out-elsewhere"),
    path("you/git-passwords/", views.git_passwords, name="git-passwords"),
    path(
        "you/git-passwords/<uuid:uuid>/revoke/",
        views.revoke_git_password,
        name="revoke-git-password",
    ),
    path("people/", people.people, name="people"),
    path("people/<uuid:uuid>/", people.person, name="person"),
    path("people/<uuid:uuid>/roles/", people.roles, name="roles"),
    path("people/<uuid:uuid>/switch-off/", people.switch_off, name="switch-off"),
    path("people/<uuid:uuid>/switch-on/", people.switch_on, name="switch-on"),
    path("machines/", machine_pages.machines, name="machines"),
    path("machines/workloads/", machine_pages.workloads, name="workloads"),
    path("machines/new/", machine_pages.make_machine, name="make-machine"),
    path("machines/<uuid:uuid>/revoke/", machine_pages.revoke_machine, name="revoke-machine"),
]
