"""The HTML page as a person uses it: found, folded, linked, copied, printed; with and without script."""

from __future__ import annotations

import base64
import time
from pathlib import Path
from typing import Iterator, List

import pytest

pytest.importorskip("selenium")

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from avcdoctor.render import How
from avcdoctor.render.html import render
from tests.render import reports
from tests.render.browser import chromium, needs_browser, requests, serious
from tests.render.test_across import fleet, on

MADE = How(host="web01.example.com", made=reports.MOMENT, version="0.2.0")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs_browser()
    folder = tmp_path_factory.mktemp("pages")
    made = {"full": reports.full(), "many": reports.storm(1000), "some": reports.storm(24), "one": reports.single()}
    made["fleet"] = fleet(on(reports.script_incident(), *range(250)), on(reports.bare_incident(), 3), hosts=300)
    for name, report in {**made, "nothing": reports.nothing()}.items():
        (folder / f"{name}.html").write_text(render(report, MADE), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def driver(pages: Path) -> Iterator[webdriver.Chrome]:
    with chromium() as started:
        yield started


def go(driver: webdriver.Chrome, pages: Path, name: str, place: str = "") -> None:
    driver.get("about:blank")
    driver.get((pages / f"{name}.html").as_uri() + place)


def shown(driver: webdriver.Chrome) -> List[str]:
    return [one.get_attribute("id") or "" for one in driver.find_elements(By.CSS_SELECTOR, "details.incident")
            if one.is_displayed()]  # fmt: skip


def visible(driver: webdriver.Chrome, element: WebElement) -> bool:
    """Whether it takes room on the page; selenium's own question takes what is in a folded place for hidden."""
    return bool(driver.execute_script("return arguments[0].getBoundingClientRect().height > 0", element))


def unfolded(driver: webdriver.Chrome) -> int:
    return len(driver.find_elements(By.CSS_SELECTOR, "details.incident[open]"))


@pytest.mark.parametrize("name", ["full", "some", "one", "nothing", "fleet"])
def test_nothing_is_asked_for_and_nothing_goes_wrong(driver: webdriver.Chrome, pages: Path, name: str) -> None:
    go(driver, pages, name)
    assert [entry["message"] for entry in driver.get_log("browser")] == []
    assert requests(driver) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["full", "some", "one", "nothing", "fleet"])
def test_everybody_can_use_it(driver: webdriver.Chrome, pages: Path, name: str, scheme: str) -> None:
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    go(driver, pages, name)
    for button in driver.find_elements(By.ID, "unfold"):
        button.click()
    assert serious(driver) == []


def test_search_and_filter_as_one_types(driver: webdriver.Chrome, pages: Path) -> None:
    go(driver, pages, "full")
    assert len(shown(driver)) == 4
    driver.find_element(By.ID, "search").send_keys("PING check.sh")
    assert shown(driver) == ["incident-k3f9a1"]
    assert driver.find_element(By.ID, "shown").text == "1 of 4 shown"
    assert [row.get_attribute("data-id") for row in driver.find_elements(By.CSS_SELECTOR, "tr[data-id]")
            if row.is_displayed()] == ["k3f9a1"]  # fmt: skip
    driver.find_element(By.ID, "search").clear()
    driver.find_element(By.ID, "search").send_keys(" ")
    assert len(shown(driver)) == 4
    driver.find_element(By.CSS_SELECTOR, "#rank option[value=danger]").click()
    assert shown(driver) == ["incident-no5bad"]
    driver.find_element(By.CSS_SELECTOR, "#cause option[value=wrong-label]").click()
    assert shown(driver) == []


def test_folding_and_links(driver: webdriver.Chrome, pages: Path) -> None:
    go(driver, pages, "some")
    assert unfolded(driver) == 0
    link = driver.find_element(By.CSS_SELECTOR, "tr[data-id] a")
    identifier = link.text
    link.click()
    time.sleep(0.2)
    assert unfolded(driver) == 1
    assert driver.find_element(By.ID, f"incident-{identifier}").get_attribute("open") is not None
    driver.find_element(By.ID, "unfold").click()
    assert unfolded(driver) == 24
    driver.find_element(By.ID, "fold").click()
    assert unfolded(driver) == 0
    go(driver, pages, "some", "#incident-00000003")
    assert [one.get_attribute("id") for one in driver.find_elements(By.CSS_SELECTOR, "details.incident[open]")] == [
        "incident-00000003"
    ]
    driver.find_element(By.CSS_SELECTOR, "#incident-00000003 > summary").click()
    assert unfolded(driver) == 0


def test_a_command_is_copied_as_it_stands(driver: webdriver.Chrome, pages: Path) -> None:
    go(driver, pages, "full", "#incident-h05711")
    allowed = ["clipboardReadWrite", "clipboardSanitizedWrite"]
    driver.execute_cdp_cmd("Browser.grantPermissions", {"permissions": allowed})
    button = driver.find_element(By.CSS_SELECTOR, "#incident-h05711 .line button")
    button.click()
    time.sleep(0.2)
    assert button.text == "copied"
    read = "navigator.clipboard.readText().then(arguments[0], error => arguments[0](String(error)))"
    copied = driver.execute_async_script(read)
    assert copied == r"restorecon -v -- $'/srv/$(reboot)/a b\'c\n\x1b[31mred\xff'"


def test_undo_stands_beside_do(driver: webdriver.Chrome, pages: Path) -> None:
    go(driver, pages, "one")
    do, undo = driver.find_elements(By.CSS_SELECTOR, ".pair")[0].find_elements(By.CSS_SELECTOR, ":scope > div")
    assert "semanage fcontext -a" in do.text
    assert "semanage fcontext -d" in undo.text
    assert undo.location["y"] == do.location["y"]
    assert undo.location["x"] > do.location["x"]


def test_on_paper_everything_is_unfolded(driver: webdriver.Chrome, pages: Path) -> None:
    go(driver, pages, "full")
    folded = driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    data = base64.b64decode(folded["data"])
    assert data.startswith(b"%PDF")
    assert 2 <= data.count(b"/Type /Page\n") + data.count(b"/Type /Page ") <= 8
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        for incident in driver.find_elements(By.CSS_SELECTOR, "details.incident"):
            assert visible(driver, incident.find_element(By.CSS_SELECTOR, "h4"))
        assert visible(driver, driver.find_element(By.XPATH, "//pre[contains(text(), 'semanage fcontext -d')]"))
        assert not driver.find_element(By.ID, "search").is_displayed()
    finally:
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert unfolded(driver) == 0


def test_a_phone_shows_it_without_scrolling_sideways(driver: webdriver.Chrome, pages: Path) -> None:
    phone = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    try:
        for name in ("full", "one", "some"):
            go(driver, pages, name)
            for button in driver.find_elements(By.ID, "unfold"):
                button.click()
            assert driver.execute_script("return document.documentElement.scrollWidth") <= 390
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_the_timeline_holds_every_denial_that_has_a_time(driver: webdriver.Chrome, pages: Path) -> None:
    go(driver, pages, "some")
    told = [one.get_attribute("textContent") or "" for one in driver.find_elements(By.CSS_SELECTOR, ".timeline title")]
    expected = sum(count for incident in reports.storm(24).incidents for group in incident.finding.groups
                   for _, count in group.times.counts)  # fmt: skip
    assert sum(int(words.split(": ")[1].split()[0].replace(",", "")) for words in told) == expected


def test_without_script_everything_can_be_read(pages: Path) -> None:
    with chromium(script=False) as driver:
        go(driver, pages, "full")
        assert not driver.find_element(By.ID, "search").is_displayed()
        incident = driver.find_element(By.ID, "incident-k3f9a1")
        incident.find_element(By.CSS_SELECTOR, ":scope > summary").click()
        assert "semanage fcontext -a" in incident.text
        assert "semanage fcontext -d" in incident.text


def test_a_thousand_incidents_open_quickly_and_are_small(driver: webdriver.Chrome, pages: Path) -> None:
    assert (pages / "many.html").stat().st_size < 5_000_000
    took = []
    for _ in range(3):
        go(driver, pages, "many")
        took.append(driver.execute_script("return performance.getEntriesByType('navigation')[0].loadEventEnd") / 1000)
    assert min(took) < 4  # two seconds on an idle machine; this one may be busy
    driver.find_element(By.ID, "search").send_keys("shadow_t")
    assert 0 < len(driver.find_elements(By.CSS_SELECTOR, "details.incident:not([hidden])")) < 200
