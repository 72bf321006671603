"""A campaign: a protocol in; clips, what two judges read in them and figures out."""

from emogen.evaluation.campaign.card import (
    Generator,
    RunCard,
    check_same,
    new_card,
    read_card,
    write_card,
)
from emogen.evaluation.campaign.contrast import Contrast, compare
from emogen.evaluation.campaign.figures import KINDS, judge_figures
from emogen.evaluation.campaign.judges import Judge, Judges, Recognised
from emogen.evaluation.campaign.plan import ClipRequest, ClipSettings, Part, Prompt, Protocol
from emogen.evaluation.campaign.protocol_file import (
    load_protocol,
    read_protocol,
    shipped_protocols,
)
from emogen.evaluation.campaign.rows import JudgeRow, Picture, Row, append_row, read_rows
from emogen.evaluation.campaign.run import failures, read_features, run_campaign
from emogen.evaluation.campaign.sources import (
    drawable,
    drawn_source,
    find_clips,
    folder_source,
    path_source,
    requests_of,
)
from emogen.evaluation.campaign.summary import Campaign, read_campaign, summarise

__all__ = [
    "KINDS",
    "Campaign",
    "ClipRequest",
    "ClipSettings",
    "Contrast",
    "Generator",
    "Judge",
    "JudgeRow",
    "Judges",
    "Part",
    "Picture",
    "Prompt",
    "Protocol",
    "Recognised",
    "Row",
    "RunCard",
    "append_row",
    "check_same",
    "compare",
    "drawable",
    "drawn_source",
    "failures",
    "find_clips",
    "folder_source",
    "judge_figures",
    "load_protocol",
    "new_card",
    "path_source",
    "read_campaign",
    "read_card",
    "read_features",
    "read_protocol",
    "read_rows",
    "requests_of",
    "run_campaign",
    "shipped_protocols",
    "summarise",
    "write_card",
]
