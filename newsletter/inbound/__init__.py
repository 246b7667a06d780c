"""The way back: what arrives by mail, read, understood and answered."""
