"""Pages of the process: my work, orders from form to end, approvals, and what operators see to."""

from django.urls import path

from onboarding.views import (
    approvals,
    choosing,
    components,
    home,
    listing,
    metrics,
    moves,
    operating,
    orders,
    previewing,
    strays,
)

app_name = "onboarding"
urlpatterns = [
    path("", home.home, name="home"),
    path("search/", home.search, name="search"),
    path("orders/", listing.orders, name="orders"),
    path("orders/new/", choosing.start, name="start"),
    path("orders/new/unlisted/", choosing.unlisted, name="report-unlisted"),
    path("orders/new/entitlement/", choosing.entitlement, name="entitlement"),
    path("drafts/<uuid:uuid>/name/check/", choosing.name_check, name="name-check"),
    path("drafts/<uuid:uuid>/preview/", previewing.preview, name="preview"),
    path("drafts/<uuid:uuid>/submit/", previewing.submit, name="submit"),
    path("drafts/<uuid:uuid>/discard/", choosing.discard, name="discard"),
    path("drafts/<uuid:uuid>/<slug:step>/", choosing.step, name="step"),
    path("orders/<int:number>/", orders.order, name="order"),
    path("orders/<int:number>/timeline/", orders.timeline, name="timeline"),
    path("orders/<int:number>/plan/", orders.plan, name="plan"),
    path("orders/<int:number>/evidence/", orders.evidence, name="evidence"),
    path("orders/<int:number>/audit/", orders.trail, name="trail"),
    path("orders/<int:number>/raw/", orders.raw, name="raw"),
    path("orders/<int:number>/withdraw/", moves.withdraw, name="withdraw"),
    path("orders/<int:number>/amend/", moves.amend, name="amend"),
    path("orders/<int:number>/retry/", moves.retry, name="retry"),
    path("approvals/", approvals.inbox, name="inbox"),
    path("approvals/<int:number>/", approvals.approval, name="approval"),
    path("approvals/<int:number>/approve/", approvals.approve, name="approve"),
    path("approvals/<int:number>/refuse/", approvals.refuse, name="refuse"),
    path("operate/stuck/", operating.stuck, name="stuck"),
    path("operate/missing/", operating.unlisted, name="unlisted"),
    path("operate/missing/<int:number>/settle/", operating.settle, name="settle-unlisted"),
    path("operate/strays/", strays.strays, name="strays"),
    path("operate/strays/look/", strays.look, name="look-for-strays"),
    path("metrics", metrics.metrics, name="metrics"),
    path("components/", components.components, name="components"),
]
