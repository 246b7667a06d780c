"""html-validate: the HTML standard, document by document, and what it calls good practice."""

import json
from collections.abc import Iterable
from pathlib import Path

from tests.judges import peers

#: What a mail does otherwise than a page, each with its reason. Everything else that is recommended holds.
RULES: dict[str, object] = {
    # Gmail drops style sheets beyond 16 kB and those of some accounts altogether, GMX drops all of them: the look
    # stands in the elements.
    "no-inline-style": "off",
    # Word, which draws mails in Outlook for Windows, knows width, align, bgcolor and cellpadding as attributes only.
    "no-deprecated-attr": "off",
    # What only Outlook for Windows needs, such as ghost tables, stands in conditional comments: nothing else reads it.
    "no-conditional-comment": "off",
    # The parser of every client puts it there, and it would cost bytes in each of the many layout tables.
    "prefer-tbody": "off",
    # Of the two words for one thing `presentation` is the older, which older screen readers know, too.
    "presentation-role-style": ["error", {"prefer": "presentation"}],
    # Yahoo and Outlook for Windows drop <article> (caniemail.com, html-semantics), so that the role stands at a <div>.
    "prefer-native-element": ["error", {"exclude": ["article"]}],
}


def faults(files: Iterable[Path], folder: Path) -> dict[Path, list[str]]:
    """Return what is wrong with each file; `folder` is one for the configuration."""
    wanted = list(files)
    configuration = folder / "htmlvalidate.json"
    extended = ["html-validate:recommended", "html-validate:document"]
    configuration.write_text(
        json.dumps({"root": True, "extends": extended, "rules": RULES}), encoding="utf-8"
    )
    script = peers.MODULES / "html-validate/bin/html-validate.mjs"
    report = folder / "htmlvalidate-report.json"  # into a pipe it writes only as much as the pipe holds
    peers.run("html-validate", script, "--config", configuration, "--formatter", f"json={report}", *wanted)
    said = {Path(each["filePath"]): each["messages"] for each in json.loads(report.read_text("utf-8"))}
    return {
        file: [f"{found['line']}: {found['ruleId']}: {found['message']}" for found in said.get(file, [])]
        for file in wanted
    }
