"""A real Chromium without a window, and axe-core, for the tests of the HTML page."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Dict, Iterator, List

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

AXE = Path(__file__).resolve().parents[2] / ".venv/node/node_modules/axe-core/axe.min.js"
CHROMIUM = next((path for name in ("chromium", "chromium-browser") if (path := shutil.which(name))), "")
DRIVER = shutil.which("chromedriver") or ""
_ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--window-size=1280,900")
_RUN_AXE = """
const done = arguments[arguments.length - 1];
axe.run().then(done, error => done({violations: [], error: String(error)}));
"""


def needs_browser() -> None:
    """Skip where neither tools/setup.sh nor anybody else could install a browser."""
    if not (CHROMIUM and DRIVER):
        pytest.skip("Chromium and its driver are not installed")


@contextmanager
def chromium(*, script: bool = True) -> Iterator[webdriver.Chrome]:
    """A browser; with `script` off it runs none."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in _ARGUMENTS:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not script})
        yield driver
    finally:
        driver.quit()


def serious(driver: webdriver.Chrome) -> List[str]:
    """What axe-core finds that keeps people from using the page."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed")
    driver.execute_script(AXE.read_text(encoding="utf-8"))
    found: Dict[str, Any] = driver.execute_async_script(_RUN_AXE)
    assert "error" not in found, found["error"]
    assert found["passes"]
    return [
        f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
    ]


def requests(driver: webdriver.Chrome) -> List[str]:
    """The addresses that were asked for, the page's own left out."""
    sent = []
    for entry in driver.get_log("performance"):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            sent.append(str(message["params"]["request"]["url"]))
    return [url for url in sent if not url.startswith("file://") and url != "about:blank"]
