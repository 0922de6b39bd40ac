"""The page in a real browser: sign-in, forms, each kind of answer, and what goes wrong."""

from __future__ import annotations

import base64
import csv
import io
import json
import shlex
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handover.door import Door
from tests.browser.browser import Browser
from tests.browser.site import TOKEN, Reply, Site
from tests.doors import IMAGES, door

CAR, CREDIT = door("car_evaluation"), door("credit_default")
SHARED = {"release": 7, "request_id": "request-1"}
VGOOD = Reply({"label": "vgood", **SHARED})
SCRIPT = "<img src=x onerror=document.title='attacked'><script>document.title='attacked'</script>"
LARGE = base64.b64encode(b"\0" * 1001).decode()
#: A picture of one pixel that browsers show.
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

SignedIn = Callable[..., Site]


def test_who_is_not_signed_in_sees_nothing_but_the_sign_in(browser: Browser, site: Callable[[Door], Site]) -> None:
    """Before the sign-in the API is not asked; after it the form is there, and no code stands in the address."""
    found = site(CAR)
    browser.visit(found.page)
    browser.wait("#sign-in-button")
    assert browser.evaluate("document.querySelectorAll('form *, nav:not([hidden])').length") == 0
    assert not any(url.startswith(found.api) for url in browser.seen()["requests"])
    browser.click("#sign-in-button")
    browser.click("#go")
    browser.wait("#send")
    assert browser.do("address") == f"{found.page}/"
    assert browser.evaluate("localStorage.length") == 0
    assert browser.texts("nav a") == ["Ask", "History", "Use it from code", "Reference"]


def test_a_code_that_this_tab_did_not_ask_for_is_not_taken(browser: Browser, site: Callable[[Door], Site]) -> None:
    """A link with another's code signs nobody in; an error of the sign-in is shown as text."""
    found = site(CAR)
    browser.visit(f"{found.page}/?code=stolen&state=other")
    browser.wait("#sign-in-button")
    assert browser.text("#problem") == "The sign-in was not begun in this tab. Sign in again."
    assert not any("/oauth2/token" in url for url in browser.seen()["requests"])
    browser.visit(f"{found.page}/?error=access_denied&error_description={SCRIPT}")
    browser.wait("#sign-in-button")
    assert browser.text("#problem") == f"The sign-in failed: {SCRIPT}"
    assert browser.evaluate("document.title") == "Car evaluation: ask the model"


def test_signing_out_leaves_nothing_behind(browser: Browser, signed_in: SignedIn) -> None:
    """Tokens and history are gone from the tab, and the sign-in is told."""
    site = signed_in(CAR)
    site.replies = [VGOOD]
    browser.click("#examples button")
    browser.click("#send")
    browser.wait_for_text("#answer-body", "very good")
    browser.click("#sign-out")
    browser.wait("#sign-in-button")
    assert browser.evaluate("sessionStorage.length") == 0
    assert any("/logout?client_id=client" in url for url in browser.seen()["requests"])


def test_a_token_is_renewed_before_it_ends(browser: Browser, signed_in: SignedIn) -> None:
    """The visitor notices nothing; if the sign-in renews it no more, the visitor is asked to sign in again."""
    site = signed_in(CAR)
    site.replies = [VGOOD]
    kept = "JSON.parse(sessionStorage.getItem('tokens'))"
    ended = f"sessionStorage.setItem('tokens', JSON.stringify({{ ...{kept}, until: 0 }}))"
    browser.evaluate(ended)
    browser.do("reload")
    browser.click("#examples button")
    browser.click("#send")
    browser.wait_for_text("#answer-body", "very good")
    assert sum(url.endswith("/oauth2/token") for url in browser.seen()["requests"]) == 2
    site.renews = False
    browser.evaluate(ended)
    browser.do("reload")
    browser.wait("#sign-in-button")
    assert browser.text("#problem") == "You are not signed in any more. Sign in again."


def test_an_example_is_asked_by_two_clicks(browser: Browser, signed_in: SignedIn) -> None:
    """The first fills in the form, the second asks; label, time and release are seen, and the drop-downs are real."""
    site = signed_in(CAR)
    site.replies = [VGOOD]
    assert browser.texts("#field-buying option") == ["Choose…", "low", "med", "high", "vhigh"]
    browser.click("#examples button:nth-child(1)")
    browser.click("#send")
    browser.wait_for_text("#answer-body", "very good")
    ((content_type, body),) = site.asked
    assert (content_type, json.loads(body)) == ("application/json", dict(CAR.examples[0]))
    assert "Release 7 answered in " in browser.text("#answer-body")
    assert "request-1" in browser.text("#answer-body")


def test_probabilities_are_bars_with_the_decisions_reason(browser: Browser, signed_in: SignedIn) -> None:
    """Codes are shown by their meaning, each share is a bar of its width, and the threshold is said."""
    site = signed_in(CREDIT)
    site.replies = [Reply({"label": "1", "probabilities": {"1": 0.25, "0": 0.75}, **SHARED})]
    assert "university (2)" in browser.texts("#field-education option")
    assert browser.text("label[for=field-credit_limit]") == "Credit limit (NT$)"
    assert browser.text("#field-age-hint") == "18 to 110"
    assert browser.text("#field-bill_may-hint") == "Bill of May. -5,000,000 to 10,000,000"
    browser.click("#examples button")
    browser.click("#send")
    browser.wait_for_text("#answer-body .label", "defaults")
    assert browser.texts("#answer-body .name") == ["pays\n75.0 %", "defaults\n25.0 %"]
    widths = "[...document.querySelectorAll('[data-share]')].map((bar) => bar.style.width)"
    assert browser.evaluate(widths) == ["75%", "25%"]
    assert "From 16.7 % on, the answer is “defaults”." in browser.text("#answer-body")


def test_a_text_is_answered_with_topics(browser: Browser, signed_in: SignedIn) -> None:
    """Topics stand with their words, the heaviest first, and words that look like HTML are words."""
    site = signed_in(door("nyt_comments"))
    topics = [{"topic": 2, "weight": 0.6, "words": ["gene", SCRIPT]}, {"topic": 1, "weight": 0.4, "words": []}]
    site.replies = [Reply({"topics": topics, **SHARED})]
    browser.fill("textarea", SCRIPT)
    browser.click("#send")
    browser.wait_for_text("#answer-body", "gene")
    assert browser.texts("#answer-body .name span:first-child") == [f"gene, {SCRIPT}", "Topic 1"]
    assert json.loads(site.asked[0][1]) == {"text": SCRIPT}
    assert browser.evaluate("document.querySelectorAll('main img, main script').length") == 0
    assert "attacked" not in browser.evaluate("document.title")


def test_a_user_gets_titles_in_their_order(browser: Browser, signed_in: SignedIn) -> None:
    """Titles are an ordered list with their scores."""
    site = signed_in(door("movie_recommender"))
    titles = [{"title": "Star Wars (1977)", "movie": 50, "score": 0.9}, {"title": "258", "movie": 258, "score": 0.85}]
    site.replies = [Reply({"titles": titles, **SHARED})]
    browser.fill("#field-user", "196")
    browser.press("Enter")
    browser.wait_for_text("#answer-body ol", "Star Wars (1977)")
    assert browser.texts("#answer-body ol li .name") == ["Star Wars (1977)\n0.900", "258\n0.850"]


def test_an_image_is_chosen_or_dropped(browser: Browser, signed_in: SignedIn) -> None:
    """The image is shown and sent as it is, by its own type; another kind of file and too large a one are refused."""
    site = signed_in(IMAGES)
    site.replies = [Reply({"label": "b", "probabilities": {"a": 0.25, "b": 0.75}, **SHARED})]
    browser.do("upload", at="#image", name="page.html", type="text/html", base64="PGI+")
    browser.wait_for_text("#fault", "page.html is no image/png.")
    browser.do("upload", at="#image", name="large.png", type="image/png", base64=LARGE)
    browser.wait_for_text("#fault", "large.png is larger than 1000 bytes.")
    browser.do("upload", at="#image", name="a.png", type="image/png", base64=PIXEL)
    browser.wait("#drop img")
    browser.click("#send")
    browser.wait_for_text("#answer-body .label", "b")
    assert site.asked == [("image/png", base64.b64decode(PIXEL))]
    browser.evaluate(
        """(() => {
          const held = new DataTransfer();
          held.items.add(new File([new Uint8Array(3)], "dropped.png", { type: "image/png" }));
          const zone = document.getElementById("drop");
          zone.dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
        })()"""
    )
    browser.wait_for_text("#image-name", "dropped.png, 3 bytes")
    browser.click("#send")
    browser.wait_for_text("#answer-body .label", "b")
    assert site.asked[1] == ("image/png", b"\0\0\0")


def test_an_image_may_be_given_by_its_address(browser: Browser, signed_in: SignedIn) -> None:
    """The address goes to the API as text; the browser itself does not fetch it."""
    site = signed_in(IMAGES)
    site.replies = [Reply({"message": "images.example is no public host.", "field": "address"}, 400)]
    browser.fill("#field-address", "https://images.example/a.png")
    browser.click("#send")
    browser.wait_for_text("#fault", "images.example is no public host.")
    assert json.loads(site.asked[0][1]) == {"address": "https://images.example/a.png"}
    assert not any("images.example" in url for url in browser.seen()["requests"])


def test_a_form_says_what_is_missing_or_wrong_before_it_asks(browser: Browser, signed_in: SignedIn) -> None:
    """The field is named, marked and has the focus, and the API is not asked."""
    site = signed_in(CREDIT)
    browser.click("#examples button")
    browser.fill("#field-age", "17")
    browser.click("#send")
    browser.wait_for_text("#fault", "Age must be from 18 to 110.")
    assert browser.evaluate("document.activeElement.id") == "field-age"
    assert browser.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
    browser.fill("#field-age", "40.5")
    browser.click("#send")
    browser.wait_for_text("#fault", "Age must be a whole number.")
    browser.choose("#field-sex", "")
    browser.fill("#field-age", "40")
    browser.click("#send")
    browser.wait_for_text("#fault", "Sex is missing.")
    assert site.asked == []


@pytest.mark.parametrize(
    ("status", "document", "shown"),
    [
        (400, {"message": f"buying is {SCRIPT}", "field": "buying"}, f"buying is {SCRIPT}"),
        (413, {"message": "HTTP content length exceeded"}, "That is too large."),
        (429, {"message": "Too Many Requests"}, "There are too many requests at the moment. Try again in a moment."),
        (502, {"message": "The model failed at this request."}, "The model failed at this request."),
        (504, {}, "The API answered 504."),
    ],
)
def test_what_the_api_refuses_is_said_as_text(
    browser: Browser, signed_in: SignedIn, status: int, document: dict[str, Any], shown: str
) -> None:
    """Each refusal is said beside the form, whatever is in its words, and the form can be sent again."""
    site = signed_in(CAR)
    site.replies = [Reply(document, status), VGOOD]
    browser.click("#examples button")
    browser.click("#send")
    browser.wait_for_text("#fault", shown)
    assert browser.evaluate("document.querySelectorAll('main img, main script').length") == 0
    browser.click("#send")
    browser.wait_for_text("#answer-body", "very good")
    assert browser.text("#fault") == ""


def test_a_session_that_has_ended_leads_to_the_sign_in(browser: Browser, signed_in: SignedIn) -> None:
    """A token that the API does not take any more is forgotten, and the visitor is asked to sign in again."""
    site = signed_in(CAR)
    site.replies = [Reply({"message": "Unauthorized"}, 401)]
    browser.click("#examples button")
    browser.click("#send")
    browser.wait("#sign-in-button")
    assert browser.text("#problem") == "You are not signed in any more. Sign in again."
    assert browser.evaluate("sessionStorage.getItem('tokens')") is None


def test_while_an_answer_is_awaited_no_second_question_is_sent(browser: Browser, signed_in: SignedIn) -> None:
    """The button waits with the visitor, and a screen reader is told that the answer is busy."""
    site, held = signed_in(CAR), threading.Event()
    site.replies = [Reply({"label": "vgood", **SHARED}, before=held.wait)]
    browser.click("#examples button")
    browser.click("#send")
    browser.wait("#send:disabled")
    assert browser.evaluate("document.getElementById('answer').getAttribute('aria-busy')") == "true"
    browser.press("Enter")
    held.set()
    browser.wait_for_text("#answer-body", "very good")
    assert len(site.asked) == 1


def test_the_history_is_exported_without_formulas(browser: Browser, signed_in: SignedIn) -> None:
    """A cell that a spreadsheet would compute becomes text, a negative number stays one; the history can be cleared."""
    site = signed_in(door("nyt_comments"))
    topic = {"topic": 1, "weight": 1.0, "words": ["@SUM(A1)", 'say "x"']}
    site.replies = [Reply({"topics": [topic], **SHARED})]
    for text in ('=HYPERLINK("https://evil.example")', "-5", "+1+1", "a,b"):
        browser.fill("textarea", text)
        browser.click("#send")
        browser.wait("#send:not(:disabled)")
    browser.click("nav a[href='#history']")
    browser.wait_for_text("#history-body", "a,b")
    assert len(browser.texts("#history-body tbody tr")) == 4
    exported = browser.do("download", at="#export")
    rows = list(csv.reader(io.StringIO(exported["text"])))
    assert exported["name"] == "history.csv"
    assert [row[1] for row in rows[1:]] == ["a,b", "'+1+1", "-5", '\'=HYPERLINK("https://evil.example")']
    assert {row[2] for row in rows[1:]} == {'\'@SUM(A1), say "x"'}
    assert rows[1][4:] == ["7", "request-1"]
    browser.click("#clear")
    assert browser.text("#history-body") == "Nothing was asked yet."


def copied(browser: Browser, name: str) -> str:
    """What the button copies."""
    browser.evaluate(
        "Object.defineProperty(navigator, 'clipboard', "
        "{ configurable: true, value: { writeText: async (text) => { window.copied = text; } } })"
    )
    browser.click(f"[aria-label='Copy {name}']")
    browser.wait_for_text("#code-body [role=status]", f"{name} is copied.")
    return str(browser.evaluate("window.copied"))


@pytest.mark.parametrize("name", ["curl", "Python", "JavaScript"])
def test_what_is_copied_works_when_it_is_pasted(
    browser: Browser, signed_in: SignedIn, tmp_path: Path, name: str
) -> None:
    """The code asks what the form asks, quotes and all, with the visitor's token, of which the page shows a piece."""
    site = signed_in(door("nyt_comments"))
    site.replies = [Reply({"topics": [{"topic": 1, "weight": 1.0, "words": ["gene"]}], **SHARED})]
    text = 'It\'s "quoted" $HOME `id` \\n <b>\u2028é'
    browser.fill("textarea", text)
    browser.click("nav a[href='#code']")
    browser.wait("#code-body pre")
    assert TOKEN not in browser.text("#code-body")
    code = copied(browser, name)
    if name == "JavaScript":
        (tmp_path / "ask.mjs").write_text(code)
    command = {
        "curl": ["bash", "-c", code],
        "Python": [sys.executable, "-c", code],
        "JavaScript": ["node", str(tmp_path / "ask.mjs")],
    }[name]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "gene" in done.stdout
    assert json.loads(site.asked[-1][1]) == {"text": text}


def test_programs_are_shown_how_to_sign(browser: Browser, signed_in: SignedIn) -> None:
    """Where programs may call, the code for them has no token of a person but AWS's signature, for the API's region."""
    signed_in(CAR, programs="https://abc.execute-api.eu-west-1.amazonaws.com/live/")
    browser.click("nav a[href='#code']")
    browser.wait("#code-body pre")
    code = copied(browser, "curl, as a program")
    assert TOKEN not in code
    assert '--aws-sigv4 "aws:amz:eu-west-1:execute-api"' in code
    assert "https://abc.execute-api.eu-west-1.amazonaws.com/live/predictions" in shlex.split(code)
    compile(copied(browser, "Python, as a program"), "pasted", "exec")


def test_the_reference_says_what_may_be_sent_and_what_comes_back(browser: Browser, signed_in: SignedIn) -> None:
    """Operations, members with what is allowed, statuses and callers are those of the OpenAPI document."""
    signed_in(CREDIT)
    browser.click("nav a[href='#reference']")
    browser.wait_for_text("#reference-body", "POST /predictions")
    text = browser.text("#reference-body")
    for part in (
        "GET /schema",
        "GET /openapi.json",
        "18 to 110",
        "Age, in years",
        "The model did not answer in time",
        "Bearer",
    ):
        assert part in text, part
    document = json.loads(browser.do("download", at="#reference-body button")["text"])
    assert document["openapi"] == "3.0.3"
