"""Debian's Chromium, for the tests that look at a page."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PICTURES = ROOT / "build" / "screenshots"


@contextlib.contextmanager
def open_page(url: str, timeout_ms: int, **settings: Any) -> Iterator[playwright.Page]:
    """A page of a browser of its own, with SETTINGS as new_page takes them."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with playwright.sync_playwright() as player:
        # Chromium refuses its sandbox to root, whom CI runs as.
        browser = player.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(**settings)
        page.set_default_timeout(timeout_ms)
        page.goto(url)
        yield page
        browser.close()
