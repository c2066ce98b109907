"""Databases of earlier versions move on, with their rows and with the ledger's triggers."""
