import base64
import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import date, datetime
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from wardrobe.catalogue import Catalogue, Entry, Funnel, Sighting
from wardrobe.errors import ContractError, WardrobeError
from wardrobe.export import (
    WRITERS,
    items_json,
    write_csv,
    write_html,
    write_json,
    write_zip,
)
from wardrobe.types import Item, Quality

HOSTILE = "</script><script>alert('&\u2028\u2029')</script>{{previews}}<!--"
NAVY = (("navy", "#22304f", 0.6), ("white", "#ffffff", 0.4))


def webp(grey: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8), (grey, grey, grey)).save(out, "WEBP")
    return out.getvalue()


def entry(number: int = 1, name: str = "Striped navy top", **changes: object) -> Entry:
    item = Item(f"{number:016x}", name, "tops", "t-shirt", NAVY, 0.91234567, ("g1", "g2"))
    best = Sighting(
        "2026/a.jpg",
        (10, 20.04, 300, 400),
        0.8,
        0.9,
        datetime(2026, 3, 4, 5),
        webp(9),
        (0, 0, 1, 1),
        showing=0.65432,
        quality=Quality(0.5, 1.0, 0.9, 0.8, 0.7, 0.6),
    )
    other = Sighting("b.heic", (0, 0, 5, 5), 0.1, 0.4)
    values = {
        "item": item, "sightings": (best, other), "thumbnail": webp(200),
        "first_seen": date(2026, 1, 2), "last_seen": date(2026, 3, 4), "worn_count": 2,
        "thumbnail_path": "blobs/1.webp",
    }  # fmt: skip
    return Entry(**(values | changes))


def hostile() -> Catalogue:
    bare = Item("f" * 16, HOSTILE, "bags", None, (), 0.5, (), flagged="=1+1" + HOSTILE)
    sighting = Sighting("\udcff" + HOSTILE, (0, 0, 1, 1), 1, 1)
    funnel = Funnel(3, 1, {"no_person": 1, HOSTILE: 1}, 2, 2, 0, ((HOSTILE, HOSTILE),))
    return Catalogue((entry(), Entry(bare, (sighting,))), funnel)


def written(catalogue: Catalogue, format_: str, folder: Path) -> bytes:
    path = folder / f"out.{format_}"
    WRITERS[format_](catalogue, path)
    return path.read_bytes()


def block(page: str, id_: str) -> str:
    found = re.findall(rf'<script type="application/json" id="{id_}">(.*?)</script>', page, re.S)
    assert len(found) == 1
    return found[0]


def test_json_has_exactly_the_documented_fields() -> None:
    funnel = Funnel(
        5, 2, {"small": 1, "no_person": 2}, 4, 1, 0, (("c.jpg", "Nobody is in it."),), {"unsure": 3}
    )
    assert items_json(Catalogue((entry(),), funnel)) == {
        "schema": 1,
        "items": [
            {
                "id": "0000000000000001",
                "name": "Striped navy top",
                "category": "tops",
                "type": "t-shirt",
                "colours": [
                    {"name": "navy", "hex": "#22304f", "share": 0.6},
                    {"name": "white", "hex": "#ffffff", "share": 0.4},
                ],
                "confidence": 0.9123,
                "garments": [
                    {
                        "photo": "2026/a.jpg",
                        "box": [10.0, 20.0, 300.0, 400.0],
                        "visibility": 0.8,
                        "score": 0.9,
                        "showing": 0.6543,
                        "quality": {
                            "resolution": 0.5,
                            "light": 1.0,
                            "cast": 0.9,
                            "sharpness": 0.8,
                            "frontal": 0.7,
                            "unobstructed": 0.6,
                        },
                    },
                    {
                        "photo": "b.heic",
                        "box": [0.0, 0.0, 5.0, 5.0],
                        "visibility": 0.1,
                        "score": 0.4,
                        "showing": 0.0,
                        "quality": None,
                    },
                ],
                "cover": {"photo": "2026/a.jpg", "box": [10.0, 20.0, 300.0, 400.0]},
                "thumbnail": "blobs/1.webp",
                "cutout": None,
                "sources": None,
                "filled": None,
                "first_seen": "2026-01-02",
                "last_seen": "2026-03-04",
                "worn_count": 2,
                "flagged": None,
                "pattern": None,
                "sleeve": None,
            }
        ],
        "funnel": {
            "seen": 5,
            "kept": 2,
            "left_out": {"no_person": 2, "small": 1},
            "garments": 4,
            "items": 1,
            "failures": 0,
            "left_out_garments": {"unsure": 3},
            "left_out_photos": [{"photo": "c.jpg", "reason": "Nobody is in it."}],
        },
    }


def test_what_is_unknown_is_null() -> None:
    item = entry(
        sightings=(),
        thumbnail=None,
        thumbnail_path=None,
        first_seen=None,
        last_seen=None,
        worn_count=0,
    )
    answer = items_json(Catalogue((item,)))["items"][0]
    unknown = {key for key, value in answer.items() if value is None}
    assert unknown == {
        "cover",
        "thumbnail",
        "cutout",
        "sources",
        "filled",
        "first_seen",
        "last_seen",
        "flagged",
        "pattern",
        "sleeve",
    }
    assert answer["garments"] == []


def test_json_file_is_utf8_even_for_undecodable_names(tmp_path: Path) -> None:
    data = written(hostile(), "json", tmp_path)
    items = json.loads(data.decode("utf-8"))["items"]
    assert items[1]["name"] == HOSTILE
    assert items[1]["garments"][0]["photo"] == "\\udcff" + HOSTILE


@pytest.mark.parametrize("format_", WRITERS)
def test_same_catalogue_same_bytes_and_nothing_left_over(format_: str, tmp_path: Path) -> None:
    first = written(hostile(), format_, tmp_path)
    assert written(hostile(), format_, tmp_path / "new" / "folder") == first
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == [f"out.{format_}"]


@pytest.mark.parametrize("format_", WRITERS)
def test_a_failed_write_keeps_the_older_file(
    format_: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"out.{format_}"
    path.write_bytes(b"older")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WardrobeError, match=r"out\.\w+ can't be written: No space left"):
        WRITERS[format_](hostile(), path)
    assert path.read_bytes() == b"older"
    assert list(tmp_path.iterdir()) == [path]


def test_a_reader_of_the_older_file_is_not_disturbed(tmp_path: Path) -> None:
    path = tmp_path / "items.json"
    path.write_bytes(b"older")
    with path.open("rb") as reader:
        write_json(hostile(), path)
        assert reader.read() == b"older"
    assert path.read_bytes() != b"older"


def test_page_shows_hostile_text_as_text(tmp_path: Path) -> None:
    page = written(hostile(), "html", tmp_path).decode("utf-8")
    template = resources.files("wardrobe").joinpath("web/catalogue.html").read_text("utf-8")
    data = block(page, "catalogue")
    assert not set(data) & set("<>&\u2028\u2029")
    assert json.loads(data)["items"][1]["name"] == HOSTILE
    assert "alert(" not in page.replace(data, "")
    # Only the slots add elements: one data block and one block of previews per item.
    assert page.count("<script") == template.count("<script") + 2
    assert page.count("</script") == template.count("</script") + 2


def test_page_carries_its_pictures(tmp_path: Path) -> None:
    page = written(hostile(), "html", tmp_path).decode("utf-8")
    first, second = json.loads(block(page, "catalogue"))["items"]
    assert base64.b64decode(first["picture"]) == webp(200)
    assert second["picture"] is None
    assert first["garments"][0]["taken"] == "2026-03-04"
    assert first["garments"][0]["outline"] == [0, 0, 1, 1]
    assert first["garments"][1]["outline"] is None
    previews = json.loads(block(page, f"previews-{first['id']}"))
    assert base64.b64decode(previews[0]) == webp(9)
    assert previews[1] is None


def test_page_reaches_for_nothing_outside(tmp_path: Path) -> None:
    page = written(Catalogue(), "html", tmp_path).decode("utf-8")
    assert not re.search(r"https?:|//[a-z]+\.|@import|url\(|<link|innerHTML|\{\{", page)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)
    assert policy
    assert "default-src 'none'" in policy[1]
    for tag in ("style", "script"):
        text = re.search(rf"<{tag}>(.*?)</{tag}>", page, re.S)
        assert text
        digest = base64.b64encode(hashlib.sha256(text[1].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy[1]


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1", "\n+x"]
)
def test_csv_disarms_formulas(name: str, tmp_path: Path) -> None:
    write_csv(Catalogue((entry(name=name),)), tmp_path / "items.csv")
    with (tmp_path / "items.csv").open(encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["name"] == f"'{name}"


def test_csv_has_one_row_per_item(tmp_path: Path) -> None:
    write_csv(Catalogue((entry(1), entry(2, "Top; =1+1, a"))), tmp_path / "items.csv")
    text = (tmp_path / "items.csv").read_bytes().decode("utf-8-sig")
    first, second = csv.DictReader(io.StringIO(text, newline=""))
    assert first == {
        "id": "0000000000000001",
        "name": "Striped navy top",
        "category": "tops",
        "type": "t-shirt",
        "colours": "navy 60%, white 40%",
        "confidence": "0.9123",
        "worn_count": "2",
        "first_seen": "2026-01-02",
        "last_seen": "2026-03-04",
        "cover": "2026/a.jpg",
        "photos": "2026/a.jpg; b.heic",
        "thumbnail": "blobs/1.webp",
        "flagged": "",
    }
    assert second["name"] == "Top; =1+1, a"
    assert '"Top; =1+1, a"' in text  # quoted, whatever the separator of the reader's locale


def test_zip_holds_everything_and_its_paths_fit(tmp_path: Path) -> None:
    catalogue = hostile()
    write_zip(catalogue, tmp_path / "out.zip")
    write_html(catalogue, tmp_path / "page.html")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        assert archive.testzip() is None
        # A clock in the archive would make the same catalogue other bytes.
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        thumbnail = "thumbnails/0000000000000001.webp"
        assert archive.namelist() == ["catalogue.html", "items.json", "items.csv", thumbnail]
        assert archive.read(thumbnail) == webp(200)
        assert archive.read("catalogue.html") == (tmp_path / "page.html").read_bytes()
        named = [item["thumbnail"] for item in json.loads(archive.read("items.json"))["items"]]
        assert named == [thumbnail, None]


@pytest.mark.parametrize("id_", ["../../etc/passwd", "", "a b", 'x"', "é"])
@pytest.mark.parametrize("format_", ["html", "zip"])
def test_ids_that_could_leave_their_place_are_refused(
    id_: str, format_: str, tmp_path: Path
) -> None:
    bad = entry(item=Item(id_, "Top", "tops", None, (), 1.0, ()))
    with pytest.raises(ContractError, match="item id"):
        written(Catalogue((bad,)), format_, tmp_path)
    assert not list(tmp_path.iterdir())


def test_thirty_items_with_five_previews_stay_a_few_megabytes(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    sightings = tuple(
        Sighting(f"{n}.jpg", (0, 0, 9, 9), 1, 1, None, noise.bytes(10_000)) for n in range(5)
    )
    entries = tuple(entry(n, sightings=sightings, thumbnail=noise.bytes(20_000)) for n in range(30))
    assert len(written(Catalogue(entries), "html", tmp_path)) < 4_000_000
