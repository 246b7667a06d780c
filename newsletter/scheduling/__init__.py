"""Rhythm: what is due, when, and what was made of it. APScheduler only wakes us; the tables decide."""
