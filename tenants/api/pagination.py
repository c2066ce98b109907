"""Keyset pages: a cursor that names the last row seen, so pages never shift."""

from rest_framework.pagination import CursorPagination


class KeysetPagination(CursorPagination):
    """Forward pages in order of the primary key."""

    ordering = "pk"
    page_size_query_param = "limit"
    max_page_size = 500
