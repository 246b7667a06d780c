"""Take what caniemail.com knows into our own file: `python -m newsletter.preflight.clients caniemail.json`.

The data (MIT licence) comes with the npm package `caniemail`, as data/caniemail.json. Only what the programs that most
readers use do not know is kept.
"""

import json
import sys
from pathlib import Path
from typing import Any

#: The mail programs that are looked at, and under which families and platforms they stand in the data.
_PROGRAMS = {
    "Gmail": ("gmail", ("desktop-webmail", "ios", "android")),
    "Outlook for Windows": ("outlook", ("windows",)),
    "Outlook.com": ("outlook", ("outlook-com",)),
    "Apple Mail": ("apple-mail", ("macos", "ios")),
    "Yahoo": ("yahoo", ("desktop-webmail", "ios", "android")),
}


def main(path: str) -> None:
    """Write clients.json anew."""
    given = json.loads(Path(path).read_text("utf-8"))
    features = {}
    for feature in given["data"]:
        unsupported = [name for name in _PROGRAMS if _is_unknown_to(feature["stats"], name)]
        if unsupported:
            features[feature["slug"]] = {"title": feature["title"], "unsupported": unsupported}
    kept = {
        "source": "https://www.caniemail.com, MIT licence",
        "date": given["last_update_date"][:10],
        "programs": list(_PROGRAMS),
        "features": features,
    }
    text = json.dumps(kept, ensure_ascii=False, indent=1) + "\n"
    Path(__file__).with_name("clients.json").write_text(text, "utf-8")


def _is_unknown_to(stats: dict[str, Any], program: str) -> bool:
    """Say whether the newest version of a program, on any of its platforms, does not know a feature at all."""
    family, platforms = _PROGRAMS[program]
    versions = (stats.get(family, {}).get(platform) for platform in platforms)
    return any(list(found.values())[-1].startswith("n") for found in versions if found)


if __name__ == "__main__":
    main(sys.argv[1])
