"""SpamAssassin: its own rules, without the network."""

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.requirements import require

_SCORE = re.compile(r"^Content analysis details:\s+\((-?[\d.]+) points", re.MULTILINE)
_RULE = re.compile(r"^\s*(-?[\d.]+) ([A-Z0-9_]{4,})", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a filter says of a mail: the lower the score the better; and the rules that the mail met."""

    score: float
    rules: Mapping[str, float]


def verdicts(mails: Sequence[Path]) -> dict[Path, Verdict]:
    """Judge mails, all in one run: most of the time goes into reading the rules."""
    require("SpamAssassin", shutil.which("spamassassin"))
    ran = subprocess.run(["spamassassin", "-t", "-L", *map(str, mails)], capture_output=True, check=True)
    reports = _SCORE.split(ran.stdout.decode("utf-8", "replace"))[1:]
    scores, details = reports[::2], reports[1::2]
    assert len(scores) == len(mails), "one report a mail"
    return {
        mail: Verdict(float(score), {rule: float(points) for points, rule in _RULE.findall(detail)})
        for mail, score, detail in zip(mails, scores, details, strict=True)
    }
