"""The report: a campaign on disk in; summary.json, report.md and one self-contained page out."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emogen.evaluation.campaign.summary import read_campaign, summarise
from emogen.evaluation.report.markdown import markdown_report
from emogen.evaluation.report.page import html_report
from emogen.evaluation.statistics import RESAMPLES
from emogen.evaluation.tables import write_result
from emogen.media.atomic import write_bytes_atomic

__all__ = ["Report", "html_report", "markdown_report", "write_report"]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report on disk.

    Attributes:
        summary: every figure.
        json: path of the summary.
        markdown: path of the report for reading anywhere.
        html: path of the page.
    """

    summary: dict[str, Any]
    json: Path
    markdown: Path
    html: Path


def write_report(folder: str | Path, *, resamples: int = RESAMPLES) -> Report:
    """Summarise the campaign of a folder and write its three reports beside its rows.

    Args:
        folder: of the campaign.
        resamples: of each bootstrap.

    Raises:
        InputError: the folder holds no campaign with a finished clip.
        ResourceError: it cannot be written.
    """
    campaign = read_campaign(folder)
    summary = summarise(campaign, resamples=resamples)
    place = Path(folder)
    markdown, page = markdown_report(campaign, summary), html_report(campaign, summary)
    return Report(
        summary=summary,
        json=write_result(place / "summary.json", summary),
        markdown=write_bytes_atomic(place / "report.md", markdown.encode()),
        html=write_bytes_atomic(place / "report.html", page.encode()),
    )
