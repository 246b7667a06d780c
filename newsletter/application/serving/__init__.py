"""Serving: `newsletter serve`, day in, day out. One module a role, and a conductor that begins and ends them."""
