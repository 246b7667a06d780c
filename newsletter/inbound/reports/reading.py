"""Reading a report: which of a bounce, a complaint or an automatic answer a message is, and what follows. Pure."""

import json
import re

from newsletter.inbound.reports.codes import Meaning, meaning_of
from newsletter.inbound.reports.report import Report
from newsletter.inbound.reports.taking_apart import Parts, take_apart

_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REFUSED = re.compile(r"(?<![\d.])5[05]\d(?![\d.])")
_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}[A-Za-z0-9]")

#: Who writes bounces, and how they call them.
_DAEMON = re.compile(
    r"mailer-?daemon|post_?master|mail delivery? (?:sub)?system|mail administrator|maildelivery|mmdaemon",
    re.IGNORECASE,
)
_FAILURE = re.compile(
    r"undeliver|unable to deliver|deliver[a-z]* .{0,20}(?:fail|delay|error)|"
    r"delivery (?:status|failure|failed|has failed|problem|report|incomplete|notification|error)|"
    r"returned? mail|mail (?:delivery )?fail|failure notice|failed mail|non-?delivery|"
    r"not delivered|could not be delivered|message (?:not|could not|delayed|status)|rejected|bounce|warning: could not|"
    r"user unknown|mail system error|mail error|dsn|nondeliverable|unzustellbar|non remis|no entregado",
    re.IGNORECASE,
)

#: How automatic answers call themselves (RFC 3834 came late).
_AWAY = re.compile(
    r"out of (?:the )?office|auto(?:matic)?[- ]?(?:reply|response|responder|answer|matically)|vacation|on holiday|"
    r"away from|abwesen|absence|absent|fuera de|ausente|afwezig|nieobecn|assente|réponse automatique|"
    r"respuesta automática|automatische antwort|risposta automatica|resposta automática|automatisch antwoord|"
    r"自動返信|不在|رد تلقائي",
    re.IGNORECASE,
)

#: Feedback types (RFC 5965, section 7.3; RFC 6591) by which a person complains.
_COMPLAINTS = frozenset({"abuse", "fraud", "virus", "other", "opt-out", "opt-out-list", "miscategorized", ""})


def read_report(raw: bytes) -> Report | None:
    """Return what a message reports, or None where it reports nothing. Whatever the octets are, nothing is raised."""
    parts = take_apart(raw)
    return _notification(parts) or _complaint(parts) or _bounce(parts) or _auto_reply(parts)


def _complaint(parts: Parts) -> Report | None:
    """Read a complaint (ARF, RFC 5965)."""
    fields = parts.feedback
    if fields is None:
        return _junk_report(parts)
    kind = fields.get("feedback-type", "").lower()
    named = (
        fields.get("original-rcpt-to")
        or fields.get("removal-recipient")
        or _field(parts.original, "to")
        or ""
    )
    address = _address(named)
    if kind in _COMPLAINTS:
        return Report("complaint", address, None, "suppress", f"the reader complained ({kind or 'no type'})")
    return Report("complaint", address, None, "none", f"it is no complaint of a reader ({kind})")


def _junk_report(parts: Parts) -> Report | None:
    """Read a complaint as Microsoft's JMRP sends it: the message as it was, with one more field."""
    address = _field(parts.original, "x-hmxmroriginalrecipient")
    if address is None or not parts.subject.strip().lower().startswith("complaint about message"):
        return None
    return Report("complaint", _address(address), None, "suppress", "the reader complained")


def _notification(parts: Parts) -> Report | None:
    """Read what Amazon SES writes as JSON, by mail."""
    text = parts.text.strip()
    if not (text.startswith("{") and "notificationType" in text):
        return None
    try:
        told, _ = json.JSONDecoder(strict=False).raw_decode(text)
        kind = told["notificationType"]
        if kind == "Complaint":
            first = told["complaint"]["complainedRecipients"][0]
            return Report(
                "complaint", _address(first["emailAddress"]), None, "suppress", "the reader complained"
            )
        if kind != "Bounce":
            first = told.get("delivery", {}).get("recipients", [""])[0]
            return Report("bounce", _address(str(first)), None, "none", "it was delivered")
        bounce = told["bounce"]
        first = bounce["bouncedRecipients"][0]
        status = _status(str(first.get("status", "")))
        words = f"{first.get('diagnosticCode', '')} {bounce.get('bounceSubType', '')}"
        meaning = meaning_of(status or "", words, action=str(first.get("action", "failed")))
        return _bounced(_address(first["emailAddress"]), status, meaning)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
        return None


def _bounce(parts: Parts) -> Report | None:
    """Read a delivery report, with fields for programs (RFC 3464) or without."""
    if parts.statuses:
        return _of_fields(parts, parts.statuses[0])
    if not _looks_like_bounce(parts):
        return None
    failed = parts.headers.get("X-Failed-Recipients", "")
    address = _address(str(failed)) or _address_in(parts) or _address(_field(parts.original, "to") or "")
    status = _status(parts.words)
    is_delay = re.search(r"delay|warning|still being|not yet", parts.subject, re.IGNORECASE) is not None
    if is_delay and re.search(
        r"will (?:keep|continue|be) (?:trying|retri)|not need to resend|is still|will be (?:retried|delayed)|"
        r"has been delayed|have not yet|not yet been delivered",
        parts.words,
        re.IGNORECASE,
    ):
        return _bounced(address, status, Meaning("none", "it is delayed"))
    return _bounced(address, status, meaning_of(status or "", parts.words[:6_000]))


def _of_fields(parts: Parts, fields: dict[str, str]) -> Report:
    """Read the fields about one recipient; what the server said counts for more than the code beside it."""
    given = (
        fields.get("final-recipient")
        or fields.get("original-recipient")
        or fields.get("x-actual-recipient")
        or ""
    )
    said = fields.get("diagnostic-code", "") or fields.get("x-supplementary-info", "")
    status = _status(said) or _status(fields.get("status", ""))
    coarse = _status(fields.get("status", "")) or ""
    if status and status.endswith(".0.0") and not coarse.endswith(".0.0"):
        status = coarse
    action = (
        fields.get("action", "failed").split()[0].lower() if fields.get("action", "").strip() else "failed"
    )
    if fields.get("status", "5").startswith("2") or said.startswith(("smtp; 2", "smtp;2")):
        action = "delivered"
    words = said if len(said) > 12 else f"{said} {parts.words[:6_000]}"
    return _bounced(
        _address(given) or _address_in(parts), status, meaning_of(status or "", words, action=action)
    )


def _bounced(address: str | None, status: str | None, meaning: Meaning) -> Report:
    return Report("bounce", address, status, meaning.action, meaning.reason)


def _looks_like_bounce(parts: Parts) -> bool:
    headers = parts.headers
    if (
        "X-Failed-Recipients" in headers
        or str(headers.get_param("report-type", "")).lower() == "delivery-status"
    ):
        return True
    if _says_that_it_is_automatic(parts) and _AWAY.search(parts.subject):
        return False
    return_path = str(headers.get("Return-Path", "")).strip()
    is_from_daemon = return_path == "<>" or any(
        _DAEMON.search(word) for word in (str(headers.get("From", "")), return_path)
    )
    is_called_so = _FAILURE.search(parts.subject) is not None
    has_code = _STATUS.search(parts.words) is not None or _REFUSED.search(parts.words) is not None
    if is_from_daemon:
        return is_called_so or has_code or bool(parts.original)
    return is_called_so and has_code


def _auto_reply(parts: Parts) -> Report | None:
    """Know an automatic answer (RFC 3834); it says nothing about an address."""
    if not (_says_that_it_is_automatic(parts) or _AWAY.search(parts.subject)):
        return None
    address = _address(str(parts.headers.get("From", "")))
    return Report("auto-reply", address, None, "none", "it was written by a machine, in somebody's absence")


def _says_that_it_is_automatic(parts: Parts) -> bool:
    automatic = str(parts.headers.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    marks = (
        "X-Autoreply",
        "X-Autorespond",
        "X-Auto-Reply",
        "X-AutoReply-From",
        "X-Mail-Autoreply",
        "X-Autoresponder",
    )
    return automatic not in ("no", "") or any(mark in parts.headers for mark in marks)


def _status(text: str) -> str | None:
    """Return the enhanced code in a text; of several, one about us, else the first that is more than a class."""
    found: list[str] = [code for code in _STATUS.findall(text[:20_000]) if code[0] != "2"]
    about_us = [code for code in found if code.startswith("5.7.")]
    exact = [code for code in found if not code.endswith(".0.0")]
    return next(iter(about_us or exact or found), None)


def _address(text: str) -> str | None:
    found = _ADDRESS.search(text.partition(";")[2] or text)
    return found[0] if found else None


def _address_in(parts: Parts) -> str | None:
    """Return the first address in the words that is not the daemon's own."""
    own = _address(str(parts.headers.get("From", "")))
    for found in _ADDRESS.findall(parts.words[:6_000]):
        if found != own and not _DAEMON.match(found):
            return str(found)
    return None


def _field(text: str, name: str) -> str | None:
    found = re.search(rf"^{name}:[ \t]*(.*(?:\n[ \t]+.*)*)", text, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else None
