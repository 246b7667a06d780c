"""Path patterns with `*`, `**`, `?` and `{one,two}`, as the settings of generators use them."""

import re
from functools import lru_cache


def matches(pattern: str, path: str) -> bool:
    """Tell whether a path fits a pattern; `*` stays within one folder, `**` does not."""
    return _compiled(pattern).fullmatch(path) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts: list[str] = []
    depth = 0
    for sign in re.findall(r"\*\*+/?|\*|\?|\{|\}|,|[^*?{},]+", pattern):
        if sign.startswith("**"):
            parts.append(".*")
        elif sign == "*":
            parts.append("[^/]*")
        elif sign == "?":
            parts.append("[^/]")
        elif sign == "{":
            depth += 1
            parts.append("(?:")
        elif sign == "}" and depth:
            depth -= 1
            parts.append(")")
        elif sign == "," and depth:
            parts.append("|")
        else:
            parts.append(re.escape(sign))
    return re.compile("".join(parts) + ")" * depth)
