"""What mail that came back means for the readers and the author: bounces and complaints, acted upon."""
