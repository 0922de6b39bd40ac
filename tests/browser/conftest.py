"""One browser for all tests of this folder, and a site for each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from handover.door import Door
from tests.browser.browser import Browser, BrowserError
from tests.browser.site import Site, open_site
from tests.clouds import PROJECT

SCREENSHOTS = PROJECT / "reports" / "browser"


@pytest.fixture(scope="session")
def one_browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.close()


@pytest.fixture
def browser(one_browser: Browser, request: pytest.FixtureRequest) -> Iterator[Browser]:
    """After a failure, a screenshot of what was seen lies in reports/browser."""
    failed = request.session.testsfailed
    yield one_browser
    if request.session.testsfailed > failed:
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{request.node.name.replace('/', '_')}.png"
        try:
            one_browser.do("screenshot", path=str(path))
            sys.stderr.write(f"What was seen: {path}\n")
        except BrowserError as error:
            sys.stderr.write(f"There is no screenshot: {error}\n")


@pytest.fixture
def site() -> Iterator[Callable[[Door], Site]]:
    with ExitStack() as stack:
        yield lambda door: stack.enter_context(open_site(door))


@pytest.fixture
def signed_in(browser: Browser, site: Callable[[Door], Site]) -> Callable[..., Site]:
    """Opens the page of a door and signs in; keywords are of the visit."""

    def opened(door: Door, *, programs: str | None = None, **how: object) -> Site:
        found = site(door)
        found.programs = programs
        browser.visit(found.page, **how)
        browser.click("#sign-in-button")
        browser.click("#go")
        browser.wait("#form button")
        return found

    return opened
