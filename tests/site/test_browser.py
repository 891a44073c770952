"""Every page of the site in a real browser, at the width of a desk and of a phone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.support.ui import WebDriverWait

from codegen.paths import SPEC
from codegen.plans.package import plan_package
from codegen.spec import load_specs
from tests.site.conftest import Served

PLAN = plan_package(load_specs(SPEC))


class Shown(NamedTuple):
    """What pages of one folder are of, and what each of them shows at least."""

    names: list[str]
    plots: tuple[str, ...]
    formulas: int


SHOWN = {
    "neurons": Shown([n.name for n in PLAN.neurons], ("response", "gradient", "profile"), 3),
    "functions": Shown([f.name for f in PLAN.functions], ("graph",), 1),
    "cells": Shown([c.module for c in PLAN.cells], (), 3),
}
PAGES = [
    "index.html",
    "spec/index.html",
    *(f"{folder}/{page}.html" for folder in SHOWN for page in ("index", *SHOWN[folder].names)),
]
WIDTHS = {"desk": 1280, "phone": 390}
SCHEMES = ("light", "dark")

LOADED = """
return document.readyState === "complete" && document.fonts.status === "loaded"
    && [...document.images].every(image => image.complete);
"""
FORMULAS = """
return [...document.querySelectorAll("math")].map(formula => {
    const box = formula.getBoundingClientRect();
    return [formula.textContent, box.width, box.height];
});
"""
PROSE = """
const copy = document.querySelector("article").cloneNode(true);
copy.querySelectorAll("pre, code").forEach(code => code.remove());
return copy.textContent;
"""
PICTURES = """
return [...document.images].map(picture => [
    picture.getAttribute("src"), picture.naturalWidth, picture.getClientRects().length > 0,
]);
"""
OUTSIDE = """
// What sticks out of the page, unless it scrolls within a box of its own.
const scrolls = e => e && (getComputedStyle(e).overflowX !== "visible" || scrolls(e.parentElement));
return [...document.querySelectorAll("article *")]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !scrolls(e))
    .map(e => e.tagName + " " + e.className);
"""


@dataclass
class Opened:
    """A page in the browser, with what the browser recorded while it loaded."""

    browser: webdriver.Chrome
    console: list[dict[str, Any]]
    network: list[dict[str, Any]]

    def ask(self, script: str) -> Any:
        return self.browser.execute_script(script)

    def events(self, method: str) -> Iterator[dict[str, Any]]:
        return (e["params"] for e in self.network if e["method"] == method)


def open_page(browser: webdriver.Chrome, address: str, width: int, scheme: str) -> Opened:
    """Load a page as a first visitor of that screen and preference does."""
    browser.get("about:blank")
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    forgotten = {"origin": origin, "storageTypes": "local_storage"}
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}
    media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    browser.execute_cdp_cmd("Storage.clearDataForOrigin", forgotten)
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
    for kind in ("browser", "performance"):
        browser.get_log(kind)
    browser.get(address)
    WebDriverWait(browser, 20).until(lambda b: b.execute_script(LOADED))
    network = [json.loads(e["message"])["message"] for e in browser.get_log("performance")]
    return Opened(browser, browser.get_log("browser"), network)


@pytest.fixture(scope="module", params=[(p, w) for p in PAGES for w in WIDTHS], ids=" ".join)
def page(request: pytest.FixtureRequest, site: Served, browser: webdriver.Chrome) -> Opened:
    path, width = request.param
    return open_page(browser, f"{site.address}/{path}", WIDTHS[width], "light")


def test_pages_are_all_that_there_are(site: Served) -> None:
    found = {str(p.relative_to(site.folder)) for p in site.folder.rglob("*.html")}
    assert found == {*PAGES, "404.html"}


def test_nothing_is_wrong_in_the_console(page: Opened) -> None:
    assert page.console == []


def test_no_request_fails(page: Opened) -> None:
    answered = [e["response"] for e in page.events("Network.responseReceived")]
    assert answered
    assert [r["url"] for r in answered if r["status"] >= 400] == []
    assert list(page.events("Network.loadingFailed")) == []


def test_no_other_host_is_asked(page: Opened, site: Served) -> None:
    asked = {e["request"]["url"] for e in page.events("Network.requestWillBeSent")}
    assert {url for url in asked if not url.startswith((site.address + "/", "data:"))} == set()


def test_formulas_are_set(page: Opened) -> None:
    formulas = page.ask(FORMULAS)
    assert [f for f in formulas if not (f[0].strip() and f[1] > 0 and f[2] > 0)] == []
    prose = page.ask(PROSE)
    assert [
        mark for mark in ("\\frac", "\\left", "$$", "\\[", "{{", "</", "&lt;") if mark in prose
    ] == []
    if formulas:
        assert page.ask("return document.fonts.check('16px \"Site Math\"');")


def test_pictures_are_loaded(page: Opened) -> None:
    assert [src for src, width, _ in page.ask(PICTURES) if width == 0] == []


def test_the_page_is_not_wider_than_the_screen(page: Opened) -> None:
    width, screen = page.ask("return [document.scrollingElement.scrollWidth, innerWidth];")
    assert width <= screen
    assert page.ask(OUTSIDE) == []


@pytest.mark.parametrize(
    ("folder", "name"), [(folder, name) for folder in SHOWN for name in SHOWN[folder].names]
)
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_page_shows_formulas_and_its_plots_in_its_colours(
    browser: webdriver.Chrome, site: Served, folder: str, name: str, scheme: str
) -> None:
    opened = open_page(browser, f"{site.address}/{folder}/{name}.html", WIDTHS["desk"], scheme)
    shown = {src for src, _, visible in opened.ask(PICTURES) if visible}
    assert shown == {f"{name}-{plot}-{scheme}.svg" for plot in SHOWN[folder].plots}
    assert len(opened.ask(FORMULAS)) >= SHOWN[folder].formulas


def test_the_search_finds_a_neuron(browser: webdriver.Chrome, site: Served) -> None:
    opened = open_page(browser, f"{site.address}/index.html", WIDTHS["desk"], "light")
    opened.ask("document.querySelector('input[name=query]').focus();")
    browser.switch_to.active_element.send_keys(SHOWN["neurons"].names[0])
    found = "return document.querySelector(`.md-search-result__link[href*='neurons/']`) !== null;"
    WebDriverWait(browser, 20).until(lambda b: b.execute_script(found))
    assert browser.get_log("browser") == []
