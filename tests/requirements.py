"""Real peers that a machine may lack: a test that needs one is skipped, or fails where all are required."""

import os

import pytest


def require(peer: str, found: object) -> None:
    """Skip the test when a peer was not found; fail it when $NEWSLETTER_TEST_REQUIRE is "all"."""
    if found:
        return
    reason = f"{peer} is not on this machine"
    if os.environ.get("NEWSLETTER_TEST_REQUIRE") == "all":
        pytest.fail(f"{reason}, and NEWSLETTER_TEST_REQUIRE asks for everything", pytrace=False)
    pytest.skip(reason)
