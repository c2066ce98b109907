"""The tests, by room. Also a Django app, so that the test database can be emptied (see flush)."""
