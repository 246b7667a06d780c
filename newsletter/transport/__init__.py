"""How a message is handed over: one interface, and its implementations."""
