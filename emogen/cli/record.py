"""How a clip was made; the records live with `emogen.rendering`, which writes the same ones."""

from emogen.rendering.record import (
    ChoiceRecord,
    EmotionRecord,
    FileRecord,
    KeyframeRecord,
    LoraRecord,
    Record,
    file_record,
    folder_record,
    read_record,
    torch_version,
)

__all__ = [
    "ChoiceRecord",
    "EmotionRecord",
    "FileRecord",
    "KeyframeRecord",
    "LoraRecord",
    "Record",
    "file_record",
    "folder_record",
    "read_record",
    "torch_version",
]
