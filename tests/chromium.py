"""Headless Chromium for every test that needs a browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.left_out import leave_out

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-dev-shm-usage"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        leave_out("Chromium is not installed, so the pages are not tested in a browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_context(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Opens contexts (a browser profile each) and closes them at the end."""
    contexts: list[BrowserContext] = []

    def open_(**options: Any) -> BrowserContext:
        context = browser.new_context(**({"viewport": {"width": 1366, "height": 768}} | options))
        context.set_default_timeout(30_000)  # a busy machine may stand still for ten seconds
        contexts.append(context)
        return context

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Iterator[Page]:
    """A page in which any uncaught error of ours, or breach of the security policy, fails the test."""
    page = open_context().new_page()
    errors: list[str] = []

    def note_breach(text: str) -> None:
        if "Content Security Policy" in text:
            errors.append(text)

    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: note_breach(message.text))
    yield page
    assert errors == []
