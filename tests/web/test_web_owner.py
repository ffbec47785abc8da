"""Who the photos belong to, said in the browser: kept, used by every run, and taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from asking import idle, jpeg, listed, said, worker
from fastapi.testclient import TestClient
from served import GREEN, RED

from wardrobe import batch, owner
from wardrobe.store import Store


def colours(client: TestClient) -> set[str]:
    return {i["colours"][0][0] for i in listed(client) if i["category"] == "tops"}


def test_a_selfie_says_whose_photos_they_are_until_it_is_taken_away(
    client: TestClient, out: Path
) -> None:
    before = said(client.get("/api/owner"))
    assert (before["selfies"], before["known"]) == ([], False)
    assert (before["fetch"], before["bytes"]) == ("face-sface", 38_928_942)
    assert colours(client) == {"red", "green", "blue"}
    selfie = said(client.post("/api/owner", content=jpeg(RED)))["selfie"]
    assert (
        idle(client)["funnel"]["left_out"]["not the owner"] == 2
    )  # green and blue; nobody is in the fifth
    assert colours(client) == {"red"}
    assert said(client.get("/api/owner"))["selfies"] == [selfie]
    assert client.get(f"/api/owner/{selfie}").headers["content-type"] == "image/webp"
    said(client.delete(f"/api/owner/{selfie}"))
    idle(client)
    assert colours(client) == {"red", "green", "blue"}
    assert client.get(f"/api/owner/{selfie}").status_code == 404
    assert client.delete(f"/api/owner/{selfie}").status_code == 404


def test_a_photo_of_the_closet_says_it_too_and_a_build_at_the_terminal_hears_it(
    client: TestClient, out: Path, models: Any
) -> None:
    green = next(i for i in listed(client) if i["colours"][0][0] == "green")
    photo = client.get(f"/api/items/{green['id']}").json()["garments"][0]["photo_id"]
    said(client.post("/api/owner/photo", json={"photo_id": photo}))
    idle(client)
    assert "red" not in colours(client)
    report = batch.build(out.parent / "photos", out, create=models.create)
    assert report.catalogue.funnel.left_out["not the owner"] == 2
    assert client.post("/api/owner/photo", json={"photo_id": "0" * 64}).status_code == 404


def test_what_a_build_was_told_is_forgotten_on_request(
    client: TestClient, out: Path, models: Any, tmp_path: Path
) -> None:
    (tmp_path / "me.jpg").write_bytes(jpeg(GREEN))
    batch.build(out.parent / "photos", out, create=models.create, owner=[tmp_path / "me.jpg"])
    assert said(client.get("/api/owner"))["known"] is True
    said(client.delete("/api/owner"))
    idle(client)
    assert said(client.get("/api/owner"))["known"] is False
    assert colours(client) == {"red", "green", "blue"}


def test_a_photo_without_a_face_is_refused_and_nothing_changes(
    client: TestClient, out: Path, models: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = models.create

    def create(stage: str, name: str, device: str) -> Any:
        return (lambda batch: [[] for _ in batch]) if stage == "face" else made(stage, name, device)

    monkeypatch.setattr(worker(client), "create", create)
    answer = client.post("/api/owner", content=jpeg(RED))
    assert (answer.status_code, answer.json()["error"]) == (422, "PhotoError")
    assert "face" in answer.json()["message"]
    assert client.post("/api/owner", content=b"no picture").status_code == 422
    assert not owner.told(Store(out))


def test_deleting_the_wardrobe_deletes_the_selfies(client: TestClient, out: Path) -> None:
    said(client.post("/api/owner", content=jpeg(RED)))
    idle(client)
    said(client.post("/api/insights/erase", json={"what": "wardrobe", "sure": "delete"}))
    assert not (out / "owner").exists()
