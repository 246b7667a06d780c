"""Handing over: a worker claims deliveries, writes down what goes on the wire, and what the relay said of it."""
