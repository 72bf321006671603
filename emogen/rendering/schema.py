"""JSON Schemas of what people and programs write: a name in, a schema out."""

from collections.abc import Callable
from typing import Any

from emogen.rendering.job import Job
from emogen.rendering.manifest.entries import VERSION

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_RANGE = {"type": "string", "pattern": r"^\s*-?\d{1,18}\s*\.\.\s*-?\d{1,18}\s*$"}


def job_schema() -> dict[str, Any]:
    """Return the schema of one job."""
    schema = Job.model_json_schema()
    schema["properties"]["kind"].pop("default", None)
    return {"$schema": DIALECT, **schema}


def line_schema() -> dict[str, Any]:
    """Return the schema of one line of a JSONL manifest: a job, perhaps with a matrix, or a head.

    >>> sorted(line_schema()["$defs"])
    ['Defaults', 'Head', 'JobOrJobs', 'Matrix', 'Shot']
    """
    parts = _parts()
    anything = [{"$ref": "#/$defs/JobOrJobs"}, {"$ref": "#/$defs/Head"}]
    return {"$schema": DIALECT, "title": "Line", "anyOf": anything, "$defs": parts}


def manifest_schema() -> dict[str, Any]:
    """Return the schema of a manifest written as one YAML or JSON document."""
    parts = _parts()
    head = parts.pop("Head")
    jobs = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/JobOrJobs"}}
    return {
        "$schema": DIALECT, "title": "Manifest", "type": "object", "additionalProperties": False,
        "required": ["jobs"], "properties": {**head["properties"], "jobs": jobs}, "$defs": parts,
    }


def _parts() -> dict[str, Any]:
    """Return the definitions that lines and documents share."""
    job = Job.model_json_schema()
    shots = job.pop("$defs")
    settings = job["properties"]
    settings["kind"].pop("default", None)
    plain = {name: {key: value for key, value in one.items() if key != "default"}
             for name, one in settings.items()}
    lists = {
        name: {"anyOf": [{"type": "array", "minItems": 1, "items": one}, _RANGE]}
        for name, one in plain.items()
    }
    matrix = {"$ref": "#/$defs/Matrix"}
    return {
        **shots,
        "Matrix": {"type": "object", "additionalProperties": False, "properties": lists},
        "Defaults": {"type": "object", "additionalProperties": False, "properties": plain},
        "JobOrJobs": {
            "type": "object", "additionalProperties": False, "minProperties": 1,
            "description": job.get("description", ""),
            "properties": {**settings, "matrix": matrix},
        },
        "Head": {
            "type": "object", "additionalProperties": False, "minProperties": 1,
            "properties": {
                "version": {"const": VERSION}, "defaults": {"$ref": "#/$defs/Defaults"},
                "matrix": matrix,
            },
        },
    }


SCHEMAS: dict[str, Callable[[], dict[str, Any]]] = {
    "job": job_schema,
    "line": line_schema,
    "manifest": manifest_schema,
}
