"""From an issue to messages: one delivery a reader, lost never, repeated hardly ever."""
