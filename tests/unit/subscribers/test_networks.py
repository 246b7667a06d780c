"""Internet addresses: what is kept of them, and what they are counted by."""

import pytest

from subscribers import networks


@pytest.mark.parametrize(
    ("address", "truncated", "whole", "counted"),
    [
        ("192.0.2.77", "192.0.2.0/24", "192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24", "192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("testclient", "unknown", "unknown", "unknown"),
    ],
)
def test_what_is_kept(address: str, truncated: str, whole: str, counted: str) -> None:
    """Proves what each setting keeps of an address, of both versions, and that what is none is never repeated."""
    assert networks.kept(address, "truncated") == truncated
    assert networks.kept(address, "whole") == whole
    assert networks.kept(address, "none") == ""
    assert networks.kept("", "whole") == ""
    assert networks.counted(address) == counted


@pytest.mark.parametrize(
    ("text", "shortened"),
    [
        ("peer ('192.0.2.77', 4711) has gone", "peer ('192.0.2.0/24', 4711) has gone"),
        ("from [2001:db8:1:2:3:4:5:6]: no", "from [2001:db8:1::/48]: no"),
        ("at 08:00:15, version 1.2.3, 999.1.1.1", "at 08:00:15, version 1.2.3, 999.1.1.1"),
        ("std::vector and a::b", "std::vector and a::b"),
    ],
)
def test_within_a_text(text: str, shortened: str) -> None:
    """Proves that addresses within words of others are cut, and nothing else is."""
    assert networks.truncated(text) == shortened
