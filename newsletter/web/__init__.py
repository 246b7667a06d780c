"""The web: pages for readers, the archive, an API for forms on other sites. No other room knows the framework."""
