"""Reports: mail by which machines tell what became of ours. Bounces, complaints, automatic answers."""

from newsletter.inbound.reports.reading import read_report
from newsletter.inbound.reports.report import Report

__all__ = ["Report", "read_report"]
