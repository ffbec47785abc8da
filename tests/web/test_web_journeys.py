"""What a person does with the closet, in a real browser, on photos of sample_photos, end to end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browsing import CHROMIUM, Server, browser, drag, hosted, looking, served, wait_until
from conftest import ROOT
from PIL import Image as Pillow

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Debian's chromium is not installed")

#: Two striped T-shirt days, a dress, a jacket: few photos, more than one item a category.
PHOTOS = ("IMG_0412.jpg", "IMG_0413.jpg", "IMG_0416.jpg", "IMG_0420.jpg", "IMG_0423.jpg")
LATER = ("IMG_0425.jpg", "IMG_0430.jpg")
DESK = {"width": 1200, "height": 900}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store made of real photos once; each journey goes through a copy."""
    from wardrobe import batch

    folder = tmp_path_factory.mktemp("closet")
    (folder / "photos").mkdir()
    for name in PHOTOS:
        shutil.copy(ROOT / "sample_photos" / name, folder / "photos")
    batch.build(folder / "photos", folder / "out")
    return folder / "out"


@pytest.fixture(scope="module")
def chrome() -> Iterator[Any]:
    with browser() as made:
        yield made


@pytest.fixture
def out(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "out")


@pytest.fixture
def page(out: Path, chrome: Any) -> Iterator[Any]:
    with hosted(out) as url, looking(chrome, url, viewport=DESK) as page:
        yield page


def open_closet(page: Any) -> list[str]:
    """The ids on show, in order."""
    page.goto("/")
    page.wait_for_selector(".grid li")
    return ids(page)


def ids(page: Any) -> list[str]:
    found: list[str] = page.eval_on_selector_all(".grid li", "els => els.map(e => e.dataset.id)")
    return found


def count(page: Any) -> int:
    return int(page.eval_on_selector(".grid li", "e => Number(e.getAttribute('aria-setsize'))"))


def pair(page: Any) -> list[dict[str, Any]]:
    """Two shown items of one category that were never seen in one photo, if there are any."""
    items = [i for i in page.request.get("/api/items").json()["items"] if not i["hidden"]]
    tops = sorted(items, key=lambda i: (i["category"], i["id"]))
    return next(
        ([a, b] for a, b in pairwise(tops) if a["category"] == b["category"]),
        tops[:2],
    )


def test_search_as_one_types_and_back(page: Any) -> None:
    everything = len(open_closet(page))
    assert everything >= 6
    page.fill("#search", "top not worn since 2030")
    page.wait_for_selector(".pill >> text=not worn since")
    wait_until(lambda: len(ids(page)) < everything, what="narrowing")
    page.reload()  # what was asked stays in the address
    page.wait_for_selector(".pill >> text=not worn since")
    page.fill("#search", "zzz")
    page.wait_for_selector("text=Nothing fits")
    page.click("text=Clear everything")
    wait_until(lambda: len(ids(page)) == everything, what="everything is back")


def test_rename_survives_a_reload_and_so_does_its_undo(page: Any) -> None:
    first = open_closet(page)[0]
    page.click(f'.grid li[data-id="{first}"] a')
    page.wait_for_selector("h1 >> visible=true")
    old = page.text_content(".about h1")
    page.click("button:has-text('Rename')")
    page.fill("dialog input", "<img src=x onerror=alert(1)> my best")
    page.click("dialog button:has-text('Save')")
    page.wait_for_selector(".about h1:has-text('my best')")
    page.reload()
    assert page.text_content(".about h1") == "<img src=x onerror=alert(1)> my best"
    page.click(".said button:has-text('Undo')")
    wait_until(lambda: page.text_content(".about h1") == old, what="the old name is back")


def test_merge_side_by_side_reload_undo(page: Any) -> None:
    open_closet(page)
    before = count(page)
    one, other = pair(page)
    for item in (one, other):
        page.hover(f'.grid li[data-id="{item["id"]}"]')
        page.check(f'.grid li[data-id="{item["id"]}"] .pick')
    page.click(".tray button:has-text('Merge')")
    page.wait_for_selector("dialog .side >> nth=1")
    page.click("dialog button:has-text('Yes, one garment')")
    wait_until(lambda: count(page) == before - 1, what="the merge")
    page.reload()
    page.wait_for_selector(".grid li")
    assert count(page) == before - 1
    page.goto("/said")
    page.click(".said li:first-child button:has-text('Undo')")
    page.wait_for_selector("text=Took back")
    open_closet(page)
    assert count(page) == before


def test_drag_one_onto_another_asks_first(page: Any) -> None:
    open_closet(page)
    one, other = ids(page)[:2]
    onto = f'.grid li[data-id="{other}"]'
    drag(page, f'.grid li[data-id="{one}"] a', f"{onto} a", f"{onto}.over")
    page.wait_for_selector("dialog .side >> nth=1")
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


def test_split_two_photos_and_take_it_back_after_a_reload(page: Any) -> None:
    listed = page.request.get("/api/items").json()["items"]
    both = next(i for i in listed if i["photos"] == 2)
    page.goto(f"/item/{both['id']}")
    page.click(".acts button:has-text('Split')")
    page.click("dialog .shot >> nth=1")
    page.click("dialog button:has-text('Take out')")
    page.wait_for_selector("h2:text-is('1 photo')")
    assert len(page.request.get("/api/items").json()["items"]) == len(listed) + 1
    page.reload()
    page.click(".said button:has-text('Undo')")
    page.wait_for_selector("h2:text-is('2 photos')")
    assert len(page.request.get("/api/items").json()["items"]) == len(listed)


def test_an_item_shows_its_mask_and_where_its_pixels_come_from(page: Any) -> None:
    ids = [i["id"] for i in page.request.get("/api/items").json()["items"]]
    items = [page.request.get(f"/api/items/{i}").json() for i in ids]
    made_up = max(items, key=lambda i: i["filled"]["generated"])
    assert made_up["filled"]["generated"] > 0.05
    page.goto(f"/item/{made_up['id']}")
    page.wait_for_selector(f".sources:has-text('{100 * made_up['filled']['generated']:.0f} %')")
    assert page.is_hidden(".portrait .over")
    page.click(".portrait .switch")
    page.wait_for_selector(".portrait .over")
    wait_until(lambda: page.evaluate(ORANGE) > 0.01, what="the generated pixels in orange")
    page.wait_for_selector(".tab .count:not([hidden])")  # the rest of the closet was read meanwhile
    assert page.is_checked(".portrait .switch input")
    assert page.is_visible(".portrait .over")
    page.click(".portrait .switch")
    page.wait_for_selector(".portrait .over", state="hidden")
    page.click(".shots.large .shot >> nth=0")
    wait_until(
        lambda: page.eval_on_selector("dialog .mask", "i => i.naturalWidth"), what="the mask"
    )


#: Share of the item's picture that the overlay paints orange.
ORANGE = """(() => {
  const img = document.querySelector('.portrait .over');
  const to = Object.assign(document.createElement('canvas'), { width: 64, height: 64 }).getContext('2d');
  to.drawImage(img, 0, 0, 64, 64);
  const px = to.getImageData(0, 0, 64, 64).data;
  let n = 0;
  for (let k = 0; k < px.length; k += 4) n += px[k] > 150 && px[k + 2] < 100 && px[k + 3] > 40;
  return n / 4096;
})()"""


def test_two_tabs_the_second_is_told_and_nothing_is_lost(page: Any) -> None:
    first = open_closet(page)[0]
    page.goto(f"/item/{first}")
    page.wait_for_selector(".about h1")
    other = page.context.new_page()
    # A tab that doesn't hear of changes, as one that slept.
    other.route("**/api/live", lambda route: route.abort())
    other.goto(f"/item/{first}")
    other.wait_for_selector(".about h1")
    page.click("button:has-text('Rename')")
    page.fill("dialog input", "First word")
    page.click("dialog button:has-text('Save')")
    page.wait_for_selector(".about h1:has-text('First word')")
    other.click("button:has-text('Rename')")
    other.fill("dialog input", "Second word")
    other.click("dialog button:has-text('Save')")
    other.wait_for_selector(".toast:has-text('changed meanwhile')")
    other.wait_for_selector(".about h1:has-text('First word')")
    assert page.request.get(f"/api/items/{first}").json()["name"] == "First word"
    other.close()


def test_review_by_keyboard(page: Any) -> None:
    page.goto("/review")
    page.wait_for_selector("h1")
    left = page.request.get("/api/review").json()["left"]
    if not left:
        page.wait_for_selector("text=All questions are answered")
        return
    page.wait_for_selector(".sides .side >> nth=1")
    page.keyboard.press("n")
    page.wait_for_selector("text=1 kept apart")
    page.reload()
    page.wait_for_selector("text=1 kept apart")
    page.keyboard.press("u")  # after the reload too
    wait_until(lambda: page.request.get("/api/review").json()["left"] == left, what="the undo")
    page.wait_for_selector("text=kept apart", state="detached")


def test_an_outfit_by_hand_and_by_key_saved_and_shared(page: Any) -> None:
    page.goto("/outfits")
    page.wait_for_selector(".rail .card")
    page.focus('.slot.empty[data-slot="top"]')
    page.keyboard.press("Enter")
    page.click("dialog .picker .card >> nth=0")
    page.wait_for_selector('.slot.full[data-slot="top"]')
    page.select_option(".rail select", "bottom")
    drag(page, ".rail .card", '.slot.empty[data-slot="bottom"]', ".figure.over")
    page.wait_for_selector('.slot.full[data-slot="bottom"]')
    page.click(".figure button:has-text('Save')")
    page.fill("dialog input", "Sunday")
    page.click("dialog button:has-text('Save')")
    page.wait_for_selector(".savedone:has-text('Sunday')")
    page.wait_for_selector(".idea:not(.wait)")
    assert "%" not in page.text_content(".ideas")  # no score on show
    with page.expect_download() as download:
        page.click("[aria-label='Moodboard of Sunday as a file']")
    assert Pillow.open(download.value.path()).size == (1080, 1350)


def test_an_outfit_is_tried_on_step_by_step_and_kept(page: Any) -> None:
    items = page.request.get("/api/items").json()["items"]
    top, other = (next(i for i in items if i["category"] == c) for c in ("tops", "bottoms"))
    page.goto(f"/outfits?item={top['id']}&item={other['id']}")
    page.wait_for_selector(".slot.full >> nth=1")
    page.click(".figure a:has-text('Try on')")
    page.wait_for_selector(".try .slot.full >> nth=1")
    with page.expect_file_chooser() as chooser:
        page.click("text=Choose a photo")
    chooser.value.set_files(str(ROOT / "sample_photos" / PHOTOS[0]))
    page.wait_for_selector(".person")
    page.click("button:has-text('Try it on')")
    page.wait_for_selector(
        "text=/Step \\d of 6/"
    )  # two garments, cut out and put on, and the person
    page.wait_for_selector(".result")
    page.click(".result button:has-text('Save')")
    page.wait_for_selector(".result button:has-text('Saved')")
    page.reload()
    page.wait_for_selector(".compare img")
    page.fill(".compare input", "20")
    with page.expect_download() as download:
        page.click(".result button:has-text('Share')")
    assert Pillow.open(download.value.path()).format == "PNG"
    page.click(".result button:has-text('Dismiss')")
    page.wait_for_selector(".result", state="detached")


def test_who_the_owner_is_can_be_said_or_how_to_get_what_it_needs(page: Any) -> None:
    page.goto("/photos")
    page.wait_for_selector(".owner h2")
    if page.request.get("/api/owner").json()["fetch"]:
        page.wait_for_selector(".owner code:has-text('wardrobe models fetch face-sface')")
    else:
        page.wait_for_selector(".owner button:has-text('Choose a selfie')")


def test_add_photos_while_a_run_goes_kill_the_server_and_go_on(
    chrome: Any, out: Path, tmp_path: Path
) -> None:
    with served(out) as server, looking(chrome, server.url, viewport=DESK) as page:
        _add_kill_and_go_on(page, server, tmp_path)


def _add_kill_and_go_on(page: Any, server: Server, tmp_path: Path) -> None:
    page.goto("/photos")
    page.wait_for_selector(".well")
    seen = page.request.get("/api/runs").json()["funnel"]["seen"]
    hostile = tmp_path / "<img src=x onerror=alert(2)>.jpg"
    told = Pillow.Exif()
    told[0x010E] = told[0x013B] = "<script>alert(3)</script>"  # what it shows, and who made it
    with Pillow.open(ROOT / "sample_photos" / LATER[0]) as photo:
        photo.save(hostile, "JPEG", quality=95, exif=told)
    page.set_input_files(".well input[type=file]", str(hostile))
    page.wait_for_selector(".run button:has-text('Stop')")
    page.set_input_files(".well input[type=file]", str(ROOT / "sample_photos" / LATER[1]))
    wait_until(lambda: page.request.get("/api/runs").json()["dropped"] == 2, what="both photos")
    server.kill()  # in the middle
    page.wait_for_selector("#cut:not([hidden])")
    server.start()
    page.wait_for_selector("#cut[hidden]", state="attached")
    page.reload()
    page.wait_for_selector(".well")
    page.click(".run button.main")  # "Go on", or "Look for new photos" where it had ended
    wait_until(
        lambda: (s := page.request.get("/api/runs").json())["now"]["state"] == "idle"
        and s["funnel"]["seen"] == seen + 2,
        what="the run",
    )  # fmt: skip
    page.click(".chips .chip:has-text('Kept')")
    page.wait_for_selector(".photo .name:text-is('<img src=x onerror=alert(2)>.jpg')")
    open_closet(page)


def test_photos_that_were_left_out_say_why(page: Any) -> None:
    page.goto("/photos")
    page.wait_for_selector(".photolist .photo")
    page.click(".photolist .photo >> nth=0")
    page.wait_for_selector("dialog .trace li")
    assert page.text_content("dialog .flag")


def test_what_the_server_cant_answer_is_said_in_a_sentence(page: Any) -> None:
    page.goto("/photos")
    page.wait_for_selector(".photo")
    page.route("**/api/photos?*", lambda route: route.abort())
    page.click(".chips .chip:has-text('Kept')")
    page.wait_for_selector(".toast.bad:has-text('be reached')")
    page.click(".toast.bad [aria-label='Close this message']")
    page.unroute("**/api/photos?*")
    broken = {"content_type": "application/json", "body": '{"total": 5, "pho'}
    page.route("**/api/photos?*", lambda route: route.fulfill(**broken))
    page.click(".chips .chip >> nth=1")
    page.wait_for_selector(".toast.bad:has-text('be reached')")


def test_insights_switch_and_delete(page: Any) -> None:
    page.goto("/insights")
    page.uncheck("[role=switch]")
    page.wait_for_selector("[role=switch]:not(:checked)")
    page.click("text=Delete what was counted")
    page.fill("dialog input", "delete")
    page.click("dialog button:has-text('Delete for good')")
    page.wait_for_selector("text=Nothing has been counted yet")
