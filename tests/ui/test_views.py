"""What browsers see: no path of the machine, and what a search asks for."""

from emogen.emotion import MIKELS
from ui.progress import SHARES, Watch, share_of
from ui.views import asked_tops, matches, scrub


def test_messages_lose_their_folders() -> None:
    told = "expected a PNG, got one that cannot be decoded: /work/a b/x.png (truncated)"
    assert "/work" not in scrub(told)
    assert scrub("size 96x96; 1/2 done, 3 m/s") == "size 96x96; 1/2 done, 3 m/s"
    assert scrub("no such file: '/etc/passwd'") == "no such file: 'passwd'"
    assert scrub("see http://127.0.0.1/docs/a") == "see http://127.0.0.1/docs/a"


def test_every_emotion_is_found_by_its_name() -> None:
    for name in MIKELS:
        assert asked_tops(f"{name}:0.4", 2.0) == (name,)
    assert asked_tops("not a notation at all ::", 2.0) == ()


def test_searches() -> None:
    job = {"prompt": "a fox", "emotion": "fear", "asked": ["fear"], "is_starred": False,
           "run": "studio", "scores": {"likeliest": "fear", "asked_share": 0.7}}
    assert matches(job, {"text": "fox", "emotion": "fear", "read": "fear", "min_score": 0.7})
    for wanted in ({"text": "cat"}, {"emotion": "awe"}, {"read": "awe"}, {"min_score": 0.71},
                   {"is_starred": True}, {"run": "other"}):
        assert not matches(job, wanted)
    assert not matches({**job, "scores": None}, {"min_score": 0.1})


def test_progress_only_grows_from_stage_to_stage() -> None:
    edges = [edge for stage in SHARES.values() for edge in stage]
    assert edges == sorted(edges)
    assert share_of("denoising", 1.0) == share_of("decoding", 0.0)


def test_a_watch_forgets_what_has_ended() -> None:
    watch = Watch()
    stage = {"event": "job_stage", "job": "a", "stage": "denoising", "progress": 0.5}
    watch(stage)
    found = watch.of("a").to_dict(10.0)
    assert found["stage"] == "denoising"
    assert 4 < found["eta_s"] < 6
    assert (found["pictures"], watch.of("a").picture) == (0, b"")
    watch({"event": "job_preview", "job": "a", "picture": "/9j/"})
    watch({"event": "job_preview", "job": "b", "picture": "/9j/"})
    watch(stage)
    assert watch.of("a").to_dict(10.0)["pictures"] == 1
    assert watch.of("a").picture == b"\xff\xd8\xff"
    assert watch.of("b") is None, "nothing else was heard of it"
    watch({"event": "job_failed", "job": "a"})
    assert watch.of("a") is None
    watch(stage)
    watch({"event": "room_lost"})
    assert watch.of("a") is None
