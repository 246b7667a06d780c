"""The application: opens a site, reads the clock, and runs one use case at a time.

Nothing below this room knows what time it is or where the settings lie.
"""
