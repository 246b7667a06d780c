"""From a message to the relay: how mail is handed over."""
