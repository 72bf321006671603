"""Results on disk: the hash of a folder and whole JSON files."""

import json

import pytest

from emogen.evaluation.tables import folder_hash, machine, markdown_table, write_result


def test_hash_follows_names_and_bytes_of_weights_and_settings_only(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "config.json").write_text("{}")
    first = folder_hash(tmp_path)
    (tmp_path / "README.md").write_text("words")
    assert folder_hash(tmp_path) == first
    (tmp_path / "a" / "config.json").write_text("[]")
    assert folder_hash(tmp_path) != first
    (tmp_path / "a" / "config.json").write_text("{}")
    assert folder_hash(tmp_path) == first
    (tmp_path / "a" / "config.json").rename(tmp_path / "a" / "other.json")
    assert folder_hash(tmp_path) != first


def test_result_is_written_whole_into_a_new_folder(tmp_path):
    path = write_result(tmp_path / "results" / "x.json", {"value": 1.5, "machine": machine()})
    assert json.loads(path.read_text())["machine"]["cores"] >= 1
    with pytest.raises(ValueError, match="JSON"):
        write_result(path, {"value": float("nan")})
    assert json.loads(path.read_text())["value"] == 1.5


def test_table_has_a_rule_under_its_head():
    lines = markdown_table(["a", "b"], [[1, 2]]).splitlines()
    assert lines == ["| a | b |", "|---|---|", "| 1 | 2 |"]
