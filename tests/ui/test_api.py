"""The HTTP API of a studio that runs: requests in; jobs, clips and refusals out."""

import json
from pathlib import Path

import pytest

from emogen.media import probe
from tests.ui.serving import until

API = "api/v1/"


def test_a_job_from_request_to_clip(served, tmp_path) -> None:
    identity = served.create(emotion="fear:0.8@0s -> joy@0.5s", seed=1)
    job = served.wait(identity)
    assert (job["model"], job["asked"], job["steps"]) == ("tiny", ["fear", "amusement"], 2)
    answer = served.client.get(job["clip"])
    assert answer.headers["content-type"] == "video/mp4"
    (tmp_path / "clip.mp4").write_bytes(answer.content)
    assert probe(tmp_path / "clip.mp4").video.num_frames == 5
    part = served.client.get(job["clip"], headers={"range": "bytes=0-9"})
    assert (part.status_code, len(part.content)) == (206, 10)
    assert served.create(emotion="fear:0.8@0s -> joy@0.5s", seed=1) == identity, "made once"

    served.ask("star", ids=[identity])
    starred = served.ask("jobs?starred=true&state=done&emotion=fear")["jobs"]
    assert [one["id"] for one in starred] == [identity]
    assert served.ask("jobs?state=done&emotion=awe&text=robot")["total"] == 0
    served.ask("star", ids=[identity], is_starred=False)


def test_an_unfinished_clip_is_seen(served) -> None:
    identity = served.create(size="64x64", frames=161, steps=100, seed=4)
    job = until(lambda: (found := served.ask(f"jobs/{identity}"))["state"] == "done"
                or ((found["progress"] or {}).get("pictures") and found))
    assert job is not True, "it was done before a picture of it came"
    answer = served.client.get(f"{API}jobs/{identity}/preview")
    assert (answer.headers["content-type"], answer.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    assert len(answer.content) < 10_000
    served.wait(identity)
    assert served.client.get(f"{API}jobs/{identity}/preview").status_code == 404


def test_what_is_refused_says_why(served) -> None:
    cases = [
        ("post", "jobs", {"prompt": "x", "steps": 900}, 400, "steps"),
        ("post", "jobs", {"prompt": "x", "emotion": "hapy"}, 400, "did you mean"),
        ("post", "jobs", {"prompt": "x", "model": "/etc"}, 400, "expected one of tiny"),
        ("post", "jobs", {"prompt": "x", "image": "../../secret"}, 404, "no upload"),
        ("post", "jobs", {"prompt": "x", "adapter": "/etc"}, 400, "adapter"),
        ("post", "jobs", {"portrait": "/etc/passwd", "audio": "/etc/group"}, 400, "uploaded file"),
        ("get", "jobs/ffffffff", None, 404, "no job"),
        ("get", "jobs?state=lost", None, 400, "expected states"),
        ("get", "emotion?spec=::", None, 400, "expected"),
        ("post", "readings", {}, 400, "one of the two"),
        ("get", "batches/none/zip", None, 400, "no finished clip"),
        ("post", "move", {"id": "ffffffff", "to": "first"}, 404, "no job"),
    ]
    for method, path, body, status, said in cases:
        options = {} if body is None else {"json": body}
        answer = served.client.request(method, API + path, **options)
        text = json.dumps(answer.json())
        assert said in text, (path, text)
        if path != "batches/none/zip":
            assert answer.status_code == status, (path, text)
        assert "/etc/" not in answer.json()["error"]
        assert str(served.folder) not in text


def test_no_file_of_the_machine_is_served(served) -> None:
    store = ".emogen/render.sqlite"
    for path in ("web/../settings.py", "web/%2e%2e/settings.py", "web/..%2fsettings.py",
                 "gradio_api/file=/etc/passwd", f"gradio_api/file={served.folder / store}",
                 f"gradio_api/file={Path(__file__)}", "api/v1/jobs/..%2f..%2fetc/clip",
                 f"api/v1/uploads/..%2f..%2f{store}/file", "web/.hidden.js", f"file={__file__}"):
        answer = served.client.get(path)
        assert answer.status_code >= 400, path
        assert b"root:" not in answer.content


def test_the_studio_loads_no_model_itself(served) -> None:
    maps = Path(f"/proc/{served.process.pid}/maps")
    if not maps.is_file():
        pytest.skip("needs Linux")
    served.wait(served.create(seed=2))
    assert "libtorch" not in maps.read_text()


def test_order_pause_cancel_and_retry(served) -> None:
    served.ask("pause", is_paused=True)
    try:
        ids = [served.create(seed=seed) for seed in (101, 102, 103)]

        def order():
            active = served.ask("feed")["active"]
            return [job["id"] for job in active if job["id"] in ids]

        assert order() == ids, "first come, first served"
        served.ask("move", id=ids[2], to="first")
        served.ask("move", id=ids[0], to="down")
        assert order() == [ids[2], ids[1], ids[0]]
        assert served.ask("feed")["is_paused"]
        assert served.ask("cancel", ids=[ids[1]])["ids"] == [ids[1]]
        assert order() == [ids[2], ids[0]]
        assert served.ask("retry", ids=[ids[1]])["ids"] == [ids[1]]
    finally:
        served.ask("pause", is_paused=False)
    ended = [served.wait(identity)["updated"] for identity in (ids[2], ids[0])]
    assert ended == sorted(ended)


def test_a_picture_goes_in_and_a_clip_goes_on(served) -> None:
    from tests.ui.test_inbox import png

    answer = served.client.post(
        f"{API}uploads", params={"kind": "image", "name": "/tmp/cat.png"}, content=png(40, 40)
    )
    upload = answer.json()
    assert (upload["name"], upload["width"]) == ("cat.png", 40)
    job = served.wait(served.create(image=upload["id"], seed=3))
    assert (job["kind"], job["image"]) == ("image2video", upload["id"])
    longer = served.ask(f"jobs/{job['id']}/extend")
    assert longer["image"] not in {None, upload["id"]}
    assert longer["seed"] == 3
    gif = served.client.get(f"{API}jobs/{job['id']}/export?kind=gif")
    assert gif.content[:4] == b"GIF8"
    assert "attachment" in gif.headers["content-disposition"]
    refused = served.client.get(f"{API}jobs/{job['id']}/export?kind=exe")
    assert refused.status_code == 400


def test_a_grid_is_one_run(served) -> None:
    made = served.ask("jobs", prompt="a cat", model="tiny", steps=1, run="grid-a", matrix={
        "emotion": ["fear:0.5", "joy:0.5"], "seed": [1, 2],
    })
    assert len(made["ids"]) == 4
    runs = {one["run"]: one["counts"] for one in served.ask("batches")["runs"]}
    assert sum(runs["grid-a"].values()) == 4
    until(lambda: served.ask("jobs?run=grid-a&state=done")["total"] == 4)
    two = served.ask(f"jobs?id={made['ids'][0]}&id={made['ids'][3]}")["jobs"]
    assert {one["id"] for one in two} == {made["ids"][0], made["ids"][3]}
    stickers = served.client.get(f"{API}pack", params={"ids": made["ids"], "kind": "gif"})
    assert stickers.content[:2] == b"PK"
    packed = served.client.get(f"{API}batches/grid-a/zip")
    assert packed.content[:2] == b"PK"
