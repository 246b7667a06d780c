"""The people: who subscribed, to what, on what evidence, and who must never be mailed.

This package owns the database engine and never sends mail; :mod:`newsletter` builds on it.
"""
