"""The page for everybody: by keyboard, on a phone, in the dark, read aloud; and under its own policy alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from handover.door import Door
from tests.browser.browser import Browser
from tests.browser.site import Reply, Site
from tests.clouds import PROJECT
from tests.doors import IMAGES, door
from tests.waiting import until

SHARED = {"release": 7, "request_id": "request-1"}
ANSWERS: dict[str, dict[str, Any]] = {
    "car_evaluation": {"label": "vgood"},
    "credit_default": {"label": "1", "probabilities": {"1": 0.25, "0": 0.75}},
    "nyt_comments": {"topics": [{"topic": n, "weight": 0.1, "words": ["cell", "gene"]} for n in range(1, 11)]},
    "movie_recommender": {"titles": [{"title": "Star Wars (1977)", "movie": 50, "score": 0.9}]},
    "letters": {"label": "b", "probabilities": {"a": 0.25, "b": 0.75}},
}
DOORS = {name: IMAGES if name == "letters" else door(name) for name in ANSWERS}
VIEWS = ("ask", "history", "code", "reference")
PHONE = {"width": 360, "height": 740, "touch": True}
#: Where the pictures of docs/ are kept, if somebody wants new ones: make browser SCREENSHOTS=docs/images.
KEPT = os.environ.get("GATEHOUSE_SCREENSHOTS")

SignedIn = Callable[..., Site]


def asked(browser: Browser, site: Site, name: str) -> None:
    """The first example, answered."""
    site.replies = [Reply({**ANSWERS[name], **SHARED})]
    browser.click("#examples button")
    browser.click("#send")
    browser.wait_for_text("#answer-body", "Release 7")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", DOORS)
def test_axe_finds_nothing_wrong(browser: Browser, signed_in: SignedIn, name: str, dark: bool) -> None:
    """Names, roles, contrast and order are right in every view of every kind of door, in light and dark."""
    site = signed_in(DOORS[name], programs="https://abc.execute-api.eu-west-1.amazonaws.com/live", dark=dark)
    asked(browser, site, name)
    for view in VIEWS:
        browser.click(f"nav a[href='#{view}']")
        browser.wait(f"#{view}-body *" if view != "ask" else "#form")
        assert browser.do("axe") == [], view


def test_the_sign_in_is_for_everybody_too(browser: Browser, site: Callable[[Door], Site]) -> None:
    """The view before the sign-in, with a problem on it, has no fault either."""
    browser.visit(f"{site(DOORS['car_evaluation']).page}/?error=access_denied")
    browser.wait("#problem")
    assert browser.do("axe") == []


@pytest.mark.parametrize("name", DOORS)
def test_no_foreign_host_is_asked_and_no_policy_broken(browser: Browser, signed_in: SignedIn, name: str) -> None:
    """In a whole visit the browser asks page, sign-in and API alone, and the policy has nothing to stop."""
    site = signed_in(DOORS[name])
    asked(browser, site, name)
    for view in VIEWS:
        browser.click(f"nav a[href='#{view}']")
        browser.wait(f"#{view}-body *" if view != "ask" else "#form")
    seen = browser.seen()
    hosts = {urlsplit(url).netloc for url in seen["requests"] if not url.startswith(("blob:", "data:"))}
    assert hosts == {urlsplit(address).netloc for address in (site.page, site.sign_in, site.api)}
    assert (seen["violations"], seen["errors"]) == ([], [])


def test_the_policy_stops_what_is_not_the_pages(browser: Browser, signed_in: SignedIn) -> None:
    """The tests would see a violation: an inline script, a foreign image and an inline style are stopped and told."""
    signed_in(DOORS["car_evaluation"])
    browser.evaluate(
        """(() => {
          const made = document.createElement("div");
          made.innerHTML = '<img src="https://foreign.example/a.png"><p style="color: red">x</p>';
          const script = document.createElement("script");
          script.textContent = "document.title = 'attacked'";
          document.body.append(made, script);
        })()"""
    )
    until(
        lambda: {violation.split()[0] for violation in browser.seen()["violations"]},
        lambda found: {"img-src", "style-src-attr", "script-src-elem"} <= found,
        what="the violations",
    )
    assert "attacked" not in browser.evaluate("document.title")


def test_everything_can_be_done_by_keyboard(browser: Browser, signed_in: SignedIn) -> None:
    """The skip link leads past the head; fields are filled in and sent by keys alone, and the focus is always seen."""
    site = signed_in(DOORS["movie_recommender"])
    site.replies = [Reply({**ANSWERS["movie_recommender"], **SHARED})]
    browser.evaluate("document.activeElement.blur()")
    browser.press("Tab")
    assert browser.evaluate("document.activeElement.className") == "skip"
    assert browser.evaluate("document.activeElement.getBoundingClientRect().left >= 0")
    browser.press("Enter")
    assert browser.evaluate("document.activeElement.id") == "main"
    reached = []
    for _ in range(4):
        browser.press("Tab")
        reached.append(browser.evaluate("document.activeElement.id || document.activeElement.textContent"))
        assert browser.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert reached == ["Example 1", "Example 2", "Example 3", "field-user"]
    browser.do("type", text="196")
    browser.press("Enter")
    browser.wait_for_text("#answer-body", "Star Wars (1977)")


def test_an_answer_is_told_to_a_screen_reader(browser: Browser, signed_in: SignedIn) -> None:
    """Answers come in a live region, faults in an alert, and each field is described by its hint."""
    signed_in(DOORS["credit_default"])
    assert browser.evaluate("document.getElementById('answer').getAttribute('aria-live')") == "polite"
    assert browser.evaluate("document.getElementById('fault').getAttribute('role')") == "alert"
    fields = "[...document.querySelectorAll('#form [id^=field-]:not(p)')]"
    hints = "[...document.querySelectorAll('#form p[id$=-hint]')]"
    described = "(field) => field.getAttribute('aria-describedby')"
    assert browser.evaluate(f"{fields}.map({described}).filter(Boolean)") == browser.evaluate(
        f"{hints}.map((p) => p.id)"
    )


@pytest.mark.parametrize("name", DOORS)
def test_a_phone_shows_everything_without_sideways_scrolling(browser: Browser, signed_in: SignedIn, name: str) -> None:
    """On 360 pixels no view is wider than the screen, and what can be touched is large enough."""
    site = signed_in(DOORS[name], **PHONE)
    asked(browser, site, name)
    for view in VIEWS:
        browser.click(f"nav a[href='#{view}']")
        browser.wait(f"#{view}-body *" if view != "ask" else "#form")
        assert browser.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], view
    fields = "[...document.querySelectorAll('button, select, input')]"
    assert browser.evaluate(f"{fields}.filter((it) => it.offsetHeight && it.offsetHeight < 24).length") == 0


def test_the_dark_is_dark(browser: Browser, signed_in: SignedIn) -> None:
    """Who prefers dark gets light letters on a dark ground, and who does not gets the opposite."""
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    signed_in(DOORS["car_evaluation"], dark=True)
    assert browser.evaluate(ground) == "rgb(18, 22, 29)"
    signed_in(DOORS["car_evaluation"])
    assert browser.evaluate(ground) == "rgb(255, 255, 255)"


@pytest.mark.parametrize(
    ("picture", "name", "how"),
    [
        ("page.png", "credit_default", {"width": 1100}),
        ("page-phone-dark.png", "movie_recommender", {**PHONE, "dark": True}),
    ],
)
def test_pictures_of_the_page(
    browser: Browser, signed_in: SignedIn, tmp_path: Path, picture: str, name: str, how: dict[str, Any]
) -> None:
    """The two pictures of docs/ can be taken anew, and are there."""
    site = signed_in(DOORS[name], **how)
    asked(browser, site, name)
    folder = PROJECT / KEPT if KEPT else tmp_path
    folder.mkdir(parents=True, exist_ok=True)
    browser.do("screenshot", path=str(folder / picture))
    assert (folder / picture).stat().st_size > 10_000
    assert (PROJECT / "docs" / "images" / picture).is_file()
