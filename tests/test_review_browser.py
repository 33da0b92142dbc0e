"""The page of ``cleaner review`` in a real browser: keys are pressed, and hostile texts shown."""

import json
import re
import shutil
import subprocess
import tarfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("selenium", reason="driving a browser needs selenium, of the extra `test`")
pytest.importorskip("uvicorn", reason="the page needs the extra `review`")

from payloads import PAYLOADS
from reviewing import SITES, Server, make_run, serve
from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from cleaner.cli import main
from cleaner.review.visible import parts

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Keys that have a name: its name, its code, and what it types.
NAMED = {
    Keys.ENTER: ("Enter", 13, "\r"),
    Keys.ESCAPE: ("Escape", 27, ""),
    Keys.ARROW_RIGHT: ("ArrowRight", 39, ""),
    Keys.ARROW_LEFT: ("ArrowLeft", 37, ""),
    Keys.TAB: ("Tab", 9, ""),
}
#: What is never to be seen raw, as in ``dom.js``.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """One headless browser for all tests of this file."""
    binary = next(filter(None, map(shutil.which, BROWSERS)), None)
    driver = shutil.which("chromedriver")
    if not (binary and driver):
        pytest.skip("no browser here: Debian's packages chromium and chromium-driver are needed")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for option in (*OPTIONS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    try:
        made = webdriver.Chrome(options, Service(driver))
    except WebDriverException as error:
        pytest.skip(f"the browser does not start: {error.msg}")
    made.execute_cdp_cmd("Network.enable", {})
    yield made
    made.quit()


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return make_run(tmp_path_factory.mktemp("browser"), count=30)


@pytest.fixture(scope="module")
def server(run):
    server = serve(run, "--reviewer", "ann")
    yield server
    server.end()


@pytest.fixture
def page(browser, server):
    return Page(browser, server)


class Page:
    """The page of a server, and what people do with it."""

    def __init__(self, browser: Any, server: Server, width: int = 1400) -> None:
        self.browser, self.server = browser, server
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def open(self, view: str = "overview") -> "Page":
        self.browser.get("about:blank")
        self.browser.get(f"{self.server.address}#{view}")
        self.until(lambda: self.find("main h1") and not self.find("main[aria-busy]") and not self.find(".building"))
        return self

    def go(self, view: str) -> "Page":
        """To another view, within the page."""
        self.run("window.left = document.querySelector('main').firstElementChild; location.hash = arguments[0]", view)
        self.until(lambda: self.run("return document.querySelector('main').firstElementChild !== window.left"))
        self.until(lambda: not self.find("main[aria-busy]"))
        return self

    def press(self, keys: str) -> None:
        """Presses keys, each as the keyboard would."""
        for key in keys:
            name, code, text = NAMED.get(key, (key, ord(key.upper()), key))
            event = {"key": name, "windowsVirtualKeyCode": code}
            down = {"type": "keyDown", "text": text} if text else {"type": "rawKeyDown"}
            self.browser.execute_cdp_cmd("Input.dispatchKeyEvent", {**down, **event})
            self.browser.execute_cdp_cmd("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    def find(self, selector: str) -> list[Any]:
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str = "body") -> str:
        return self.browser.execute_script("return document.querySelector(arguments[0])?.textContent ?? ''", selector)

    def run(self, script: str, *values: object) -> Any:
        return self.browser.execute_script(script, *values)

    def until(self, holds: Callable[[], Any], seconds: float = 10) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := holds():
                return found
            time.sleep(0.02)
        raise AssertionError(
            f"not within {seconds} s; the page says: {self.text('main')[:500]} | {self.text('#alarm')}"
        )

    def outbox(self) -> tuple[int, int]:
        """How many orders were acknowledged, and how many wait."""
        return tuple(
            self.browser.execute_async_script(
                "const api = new URL('static/api.js', location.href.split('#')[0]).href;"
                "import(api).then(({ outbox }) => arguments[0]([outbox.saved, outbox.waiting.length]))"
            )
        )

    def meanwhile(self, answer: str) -> None:
        """Gives the answer to the next order that is sent in the stead of the network: ``answer`` is JavaScript."""
        self.run(
            "const real = window.fetch; window.fetch = async (url, options = {}) => {"
            "if (options.method !== 'POST') return real(url, options);"
            f"window.fetch = real; {answer} }};"
        )

    def saved(self, count: int) -> None:
        self.until(lambda: f"{count} saved" in self.text("#saved"))


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def held(path: Path) -> list[dict[str, Any]]:
    """The verdicts that were not taken back."""
    undone = {line["undo"] for line in lines(path) if "undo" in line}
    return [line for line in lines(path) if "verdict" in line and line["id"] not in undone]


# -- keys -------------------------------------------------------------------------------------------------------


def test_fifty_groups_are_judged_by_keys_and_some_taken_back(browser, run, tmp_path):
    kept = tmp_path / "fifty.jsonl"
    server = serve(run, "--reviewer", "ann", "--verdicts", str(kept))
    page = Page(browser, server).open("queue?order=count")
    page.run(
        "window.slow = []; new PerformanceObserver((seen) => window.slow.push(...seen.getEntries()"
        ".filter((each) => each.name === 'keydown').map((each) => each.duration)))"
        ".observe({ type: 'event', durationThreshold: 16 });"
    )
    shown = []
    for number in range(50):
        shown.append(page.text(".specimen"))
        page.press("yyns"[number % 4])
    page.saved(50)
    assert [line["verdict"] for line in lines(kept)] == [("right", "right", "wrong", "skip")[n % 4] for n in range(50)]
    assert len(set(shown)) > 45 and {line["scope"] for line in lines(kept)} == {"group"}
    slow = sorted(page.run("return window.slow"))
    assert not slow or slow[len(slow) // 2] < 100, f"a key took {slow[len(slow) // 2]} ms until it was seen"
    page.press("uuu")
    page.saved(53)
    assert len(held(kept)) == 47 and page.text(".specimen") == shown[47]
    page.press("n")
    page.saved(54)
    assert held(kept)[-1]["verdict"] == "wrong" and held(kept)[-1]["text"].strip()[:9] == shown[47].strip()[:9]
    server.end()


def test_undo_after_a_reload_brings_back_what_the_server_knows(page, run):
    page.open("queue")
    text = page.text(".specimen")
    page.press("y")
    page.saved(1)
    page.open("queue")
    assert page.text(".specimen") != text
    page.press("u")
    page.until(lambda: page.text(".specimen") == text)


def test_the_filter_is_reached_and_left_by_keys(page):
    page.open("queue?state=all")
    page.press("/")
    assert page.run("return document.activeElement.id") == "filter"
    page.press("newsletter" + Keys.ENTER)
    page.until(lambda: "q=newsletter" in page.run("return location.hash") and page.find(".row"))
    page.until(
        lambda: page.run("return [...document.querySelectorAll('.row')].every(r => /newsletter/i.test(r.textContent))")
    )
    page.press("/")
    page.press("more" + Keys.ESCAPE)
    assert page.run("return document.activeElement.id") != "filter"
    assert page.run("return document.querySelector('#filter').value") == "newsletter", "what is on is what stands there"
    assert "q=newsletter" in page.run("return location.hash"), "the first Esc leaves the field alone"
    page.press(Keys.ESCAPE)
    page.until(lambda: page.run("return location.hash") == "#queue?state=all" and page.text(".lead"))
    assert page.text("#told[role=status]") == "Filter cleared: text newsletter"
    page.until(
        lambda: not page.find("main[aria-busy]") and page.run("return document.querySelector('#filter').value") == ""
    )
    page.press(Keys.ESCAPE)
    assert page.text("#told") == "No filter is on" and page.text("main h1") == "Queue"


def test_with_a_filter_on_a_site_its_numbers_stand_beside_those_of_all(page, run):
    sites: dict[tuple[str, str], list[str]] = {}
    for line in lines(run / "removals.jsonl"):
        sites.setdefault((line["rule"], line["fingerprint"]), []).append(line["doc"].split("/")[0])
    on_two = (key for key, found in sites.items() if found.count(SITES[0][0]) > 1 and len(set(found)) > 1)
    rule, fingerprint = max(on_two, key=lambda key: len(sites[key]))
    count = len(sites[rule, fingerprint])
    page.open(f"queue?state=all&order=count&rule={rule}&site={SITES[0][0]}")
    page.until(lambda: f"{count} on all sites" in page.text(".card .facts"))
    here = int(re.search(r"times(\d+) here, ", page.text(".card .facts"))[1])
    assert 0 < here < count and f"{here} ×" in page.text(".row[aria-current] small")
    assert f"of {here}" in page.text(".contexts h3")
    page.press(Keys.ESCAPE)
    page.until(lambda: page.text(".card .facts").startswith("found"))
    assert "on all sites" not in page.text(".card .facts")


def test_what_others_judged_can_be_asked_for_still(browser, run, tmp_path):
    kept = tmp_path / "mine.jsonl"
    server = serve(run, "--reviewer", "ann", "--verdicts", str(kept))
    page = Page(browser, server).open("queue")
    text = page.text(".specimen")
    page.press("y")
    page.saved(1)
    server.end()
    server = serve(run, "--reviewer", "bob", "--verdicts", str(kept))
    page = Page(browser, server).open("queue")
    assert page.text(".specimen") != text
    page.run(
        "const mine = [...document.querySelectorAll('select')].find((each) => /By me/.test(each.textContent));"
        "mine.value = '1'; mine.dispatchEvent(new Event('change'));"
    )
    page.until(lambda: page.text(".specimen") == text and "mine=1" in page.run("return location.hash"))
    page.press("n")
    page.saved(1)
    page.go("queue?state=done")
    assert "By me" not in page.text(".toolbar"), "it says who is still to judge"
    server.end()


def test_groups_open_into_removals_and_those_into_documents_and_back(page):
    page.open("queue?order=count&state=all")
    text = page.text(".specimen")
    page.press(Keys.ENTER)
    page.until(lambda: page.text("main h1") == "One by one" and page.find(".context .cut.focus"))
    page.press("j" + Keys.ENTER)
    page.until(lambda: page.text("main h1") == "Document" and page.find(".page .cut.focus"))
    assert text.strip()[:20].lower() in page.text(".page .cut.focus").lower()
    assert len(page.find(".map-mark")) == len(page.find(".page .cut")) > 1
    before = page.text(".page .cut.focus")
    page.press("j") if page.text(".inspector h2").split()[1] == "1" else page.press("k")
    assert page.text(".page .cut.focus") != before or page.text(".inspector h2")
    page.press(Keys.ESCAPE)
    page.until(lambda: page.text("main h1") == "One by one")
    page.press(Keys.ESCAPE)
    page.until(lambda: page.text("main h1") == "Queue" and page.text(".specimen") == text)


def test_exceptions_are_for_the_site_of_the_context_that_is_marked(page, run):
    page.open("queue?order=count&state=all&q=newsletter")
    page.until(lambda: len(page.find(".contexts figure")) == 3)
    second = page.run("return document.querySelectorAll('.contexts figure')[1].querySelector('.where b').textContent")
    page.press(Keys.ARROW_RIGHT)
    page.press("e")
    page.saved(1)
    last = held(run / "verdicts.jsonl")[-1]
    assert (last["verdict"], last["scope"], last["site"]) == ("wrong", "site", second)
    page.press("a")
    page.saved(2)
    last = held(run / "verdicts.jsonl")[-1]
    assert (last["verdict"], last["scope"]) == ("right", "site") and last["site"] != second
    page.press("uu")
    page.saved(4)


def test_a_removal_alone_is_judged_in_its_document(page, run):
    page.open("document?id=1")
    page.press("n")
    page.saved(1)
    last = held(run / "verdicts.jsonl")[-1]
    assert last["scope"] == "text" and last["end"] > last["start"]
    assert "✕" in page.run(
        "return [...document.querySelectorAll('.inspector .sign')].map(s => s.textContent).join()"
    ) or page.find(".cut.focus")
    page.press("u")
    page.saved(2)


def test_a_rule_is_measured_and_its_bound_told_after_each_verdict(page):
    page.open("overview")
    page.press("3")
    page.until(lambda: page.find("#rule"))
    rule = page.find("#rule")[0]
    rule.send_keys("zap-line")
    page.find("#size")[0].clear()
    page.find("#size")[0].send_keys("20" + Keys.ENTER)
    page.until(lambda: page.find(".meter"))
    for number in range(1, 6):
        page.press("y")
        page.saved(number)
        bound = f"{100 * 0.05 ** (1 / number):.1f} %"
        page.until(lambda bound=bound: f"≥ {bound}" in page.text(".big"))
    assert "more right for 95 %" in page.text("#bound") and "99 %" in page.text("#bound")
    page.press("n")
    page.saved(6)
    page.until(lambda: "1" in page.text(".meter .facts div:nth-child(2) dd"))
    page.press("u")
    page.until(lambda: f"≥ {100 * 0.05 ** (1 / 5):.1f} %" in page.text(".big"))


def test_a_sample_that_is_all_there_is_says_so_after_its_last_verdict(browser, run, tmp_path):
    counts = Counter(line["rule"] for line in lines(run / "removals.jsonl"))
    rule, count = next((rule, count) for rule, count in sorted(counts.items()) if 2 <= count <= 9)
    server = serve(run, "--reviewer", "ann", "--verdicts", str(tmp_path / "v.jsonl"))
    page = Page(browser, server).open(f"measure?rule={rule}")
    page.find("#size")[0].send_keys(Keys.ENTER)
    page.until(lambda: page.find(".meter"))
    assert f"these {count} are all there is" in page.text("#bound")
    page.press("y" * (count - 1))
    page.saved(count - 1)
    page.until(lambda: f"{count - 1} of {count}, which is all there is" in page.text("#bound"))
    page.press("y")
    page.saved(count)
    words = f"{count} of {count}: all there is; no more to draw. 100.0 % are right"
    page.until(lambda: words in page.text(".empty") and words in page.text("#bound"))
    assert "100.0 %" in page.text(".big") and "≥" not in page.text(".big")
    page.press("u")
    page.saved(count + 1)
    page.until(lambda: f"after {count - 1} of {count}," in page.text("#bound"))
    page.go("measure")
    assert f"by removals · {count} drawn, all there is · {count - 1} judged" in page.text(".samples")
    server.end()


def test_kept_lines_are_judged_to_estimate_what_was_missed(page, run):
    page.open("misses?seed=3&size=10")
    page.press("yyn")
    page.saved(3)
    assert [line["verdict"] for line in held(run / "verdicts.jsonl")[-3:]] == ["right", "right", "wrong"]
    page.until(lambda: re.search(r"[\d.]+ % – [\d.]+ %", page.text(".big")))


def test_the_help_names_every_key(page):
    page.open("queue")
    page.press("?")
    assert page.find("dialog[open]")
    named = page.run("return [...document.querySelectorAll('dialog kbd')].map((key) => key.textContent)")
    assert {"y", "n", "s", "u", "a", "e", "j", "k", "/", "?", "Enter", "Esc", "1", "2", "3"} <= set(named)
    page.press(Keys.ESCAPE)
    page.until(lambda: not page.find("dialog[open]"))


def test_where_nothing_can_be_kept_each_view_says_so_and_so_do_the_keys(browser, run, tmp_path):
    (tmp_path / "v.jsonl.lock").mkdir()  # nobody can write beside it
    server = serve(run, "--reviewer", "ann", "--verdicts", str(tmp_path / "v.jsonl"))
    page = Page(browser, server).open("overview")
    for view in ("queue", "document?id=0", "measure", "misses?seed=0&size=5", "overview", "queue?state=all"):
        page.go(view)
        assert page.text("#read-only").startswith("Read only: v.jsonl") and "--verdicts FILE" in page.text("#read-only")
        assert page.run("return document.querySelector('#read-only').checkVisibility()")
    text = page.text(".specimen")
    for key in "ynsaeu":
        page.run("document.querySelector('#told').textContent = ''")
        page.press(key)
        assert page.text("#told").startswith("Not kept: ") and "--verdicts" in page.text("#told")
    assert page.text(".specimen") == text and page.outbox() == (0, 0) and not page.text("#alarm")
    (tmp_path / "v.jsonl.lock").rmdir()
    page.go("overview")
    page.until(lambda: not page.text("#read-only"))
    page.go("queue?state=all")
    page.press("y")
    page.saved(1)
    server.end()


def test_a_run_that_cut_nothing_has_sentences_and_no_pictures(browser, tmp_path):
    (tmp_path / "raw.txt").write_text("Ships sail.\n")
    assert main(["clean", str(tmp_path / "raw.txt"), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    server = serve(tmp_path / "out")
    page = Page(browser, server).open("overview")
    assert "Nothing was removed from 1 document of 12 characters." in page.text(".lead")
    assert "No document lost anything." in page.text("main") and not page.find("svg.histogram, svg.strip, .primary")
    assert not re.search(r"\b1 (documents|groups|rules|cuts|sites)\b", page.text("main"))
    page.go("queue")
    assert "Nothing to judge" in page.text(".empty") and "0 groups" in page.text(".lead")
    server.end()


def test_what_happened_is_read_aloud(page):
    page.open("queue")
    page.press("s")
    assert page.text("#told[role=status]").startswith("Skipped: “")
    page.press("u")
    assert page.text("#told").startswith("Undone: skipped")
    page.saved(2)


# -- what may go wrong ------------------------------------------------------------------------------------------


def test_what_was_acknowledged_survives_a_kill_in_mid_keystroke(browser, run, tmp_path):
    kept = tmp_path / "killed.jsonl"
    first = serve(run, "--reviewer", "ann", "--verdicts", str(kept))
    page = Page(browser, first).open("queue")
    page.press("y" * 10)
    page.saved(10)
    page.press("n" * 5)
    first.kill()
    page.press("y" * 3)
    page.until(lambda: "not saved yet" in page.text("#alarm[role=alert]"))
    acknowledged, waiting = page.outbox()
    assert acknowledged + waiting == 18 and waiting >= 3 and f"{waiting} verdicts" in page.text("#alarm")
    assert page.run("return !document.querySelector('#alarm').checkVisibility()") is False
    second = serve(run, "--reviewer", "ann", "--verdicts", str(kept))
    assert second.token != first.token
    known = len(held(kept))
    assert acknowledged + 1 >= known >= acknowledged >= 10, "at most one was on its way"
    assert [line["verdict"] for line in held(kept)] == (["right"] * 10 + ["wrong"] * 5)[:known]
    page = Page(browser, second).open("overview")
    assert f"{known}" in page.text(".figures .figure:nth-of-type(3) .figure-value")
    second.end()


def test_verdicts_wait_while_the_server_is_out_of_reach(page, run):
    page.open("queue")
    before = len(lines(run / "verdicts.jsonl"))
    net = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    page.browser.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": True, **net})
    try:
        page.press("yn")
        page.until(lambda: "2 verdicts not saved yet" in page.text("#alarm"))
    finally:
        page.browser.execute_cdp_cmd("Network.emulateNetworkConditions", {"offline": False, **net})
    page.saved(2)
    page.until(lambda: not page.text("#alarm"))
    assert [line["verdict"] for line in lines(run / "verdicts.jsonl")[before:]] == ["right", "wrong"]


def test_orders_whose_answer_is_lost_are_sent_again_and_carried_out_once(page, run):
    path = run / "verdicts.jsonl"
    page.open("queue")
    page.press("y")
    page.saved(1)
    before = len(lines(path))
    page.meanwhile("await real(url, options); throw new TypeError('lost');")
    page.press("n")
    page.saved(2)
    assert [line["verdict"] for line in lines(path)[before:]] == ["wrong"]
    page.meanwhile("await real(url, options); return new Response('{}', { status: 500 });")
    page.press("u")
    page.saved(3)
    assert [line["undo"] for line in lines(path)[before + 1 :]] == [lines(path)[before]["id"]]
    assert held(path)[-1]["verdict"] == "right", "the verdict before it still holds"
    page.open("queue")
    page.meanwhile("await real(url, options); throw new TypeError('lost');")
    page.press("u")
    page.saved(1)
    assert len(lines(path)) == before + 3 and lines(path)[-1]["undo"] == lines(path)[before - 1]["id"]


#: Says no to an order, after some milliseconds.
REFUSES = (
    'await new Promise((go) => setTimeout(go, {})); return new Response(\'{{"error": "no"}}\', {{ status: 400 }});'
)


def test_a_refused_verdict_is_shown_as_none_and_undo_does_not_mean_it(page, run):
    path = run / "verdicts.jsonl"
    page.open("queue")
    first = page.text(".specimen")
    page.press("y")
    page.saved(1)
    second = page.text(".specimen")
    page.meanwhile(REFUSES.format(0))
    page.press("n")
    page.until(lambda: "1 verdict refused" in page.text("#alarm") and page.text(".specimen") == second)
    assert page.text("#told").startswith("Refused: wrong")
    assert "not judged" in page.text(".row[aria-current]")
    page.meanwhile(REFUSES.format(500))
    page.press("nu")  # before anybody knows that it will be refused
    assert page.text(".specimen") == second
    page.until(lambda: "2 verdicts refused" in page.text("#alarm"))
    time.sleep(0.3)
    assert page.outbox() == (1, 0) and held(path)[-1]["verdict"] == "right", "no earlier verdict was taken back"
    page.press("u")
    page.saved(2)
    assert page.text(".specimen") == first and lines(path)[-1]["undo"] == lines(path)[-2]["id"]


def test_a_refused_undo_shows_the_verdict_again(page, run):
    page.open("queue")
    text = page.text(".specimen")
    page.press("y")
    page.saved(1)
    page.meanwhile(REFUSES.format(0))
    page.press("u")
    page.until(lambda: "refused" in page.text("#alarm") and page.text(".specimen") != text)
    assert held(run / "verdicts.jsonl")[-1]["verdict"] == "right"
    page.press("u")
    page.saved(2)
    assert page.text(".specimen") == text


def test_what_a_server_that_was_started_anew_does_not_know_is_held(page, run):
    page.open("queue")
    page.run(
        "window.real = window.fetch; window.fetch = async (url, options = {}) => options.method === 'POST'"
        " ? new Response('not found', { status: 404 }) : window.real(url, options);"
    )
    page.press("yn")
    page.until(lambda: "the server was started anew" in page.text("#alarm"))
    assert page.outbox() == (0, 2), "nothing is dropped, and a copy can be kept"
    assert "Keep a copy" in page.text("#alarm")
    page.run("window.fetch = window.real;")
    page.saved(2)


def test_undos_after_a_reload_take_back_one_verdict_each(page, run):
    path = run / "verdicts.jsonl"
    page.open("queue")
    page.press("yn")
    page.saved(2)
    page.open("queue")
    page.press("uu")
    page.saved(2)
    ids = [line["id"] for line in lines(path)[-4:-2]]
    assert [line["undo"] for line in lines(path)[-2:]] == ids[::-1]


def test_a_mistake_of_the_page_is_not_told_of_the_server(page):
    page.open("queue")
    said = page.browser.execute_async_script(
        """
        const done = arguments[0];
        import(new URL("static/api.js", location.href.split("#")[0]).href).then(({ outbox }) => {
          outbox.send("undo", async () => null, "nothing", { done: () => { throw new Error("a mistake"); } });
          setTimeout(() => done([outbox.trouble, outbox.waiting.length]), 300);
        });
        """
    )
    assert said == ["", 0] and page.text("#alarm") == ""


def test_reviewers_who_differ_are_shown(browser, run, tmp_path):
    kept = tmp_path / "two.jsonl"
    for name, key in (("ann", "y"), ("bob", "n")):
        server = serve(run, "--reviewer", name, "--verdicts", str(kept))
        page = Page(browser, server).open("queue?state=all&order=count")
        page.press(key)
        page.saved(1)
        page.open("queue?state=all&order=count")
        page.until(lambda page=page: page.find(".opinions"))
        if name == "bob":
            said = page.text(".card .conflict")
            assert "differ" in said and "ann says right" in said and "bob says wrong" in said
            page.open("overview")
            assert "Reviewers differ on 1 text" in page.text(".conflict")
        server.end()


# -- hostile texts ----------------------------------------------------------------------------------------------

#: What is on the page that must not be: elements and attributes that only a text could have made.
FOREIGN = """
const known = new Set((
  "HTML HEAD META TITLE LINK SCRIPT BODY A HEADER P SPAN B NAV KBD BUTTON MAIN DIALOG DIV SECTION UL OL LI H1 H2 " +
  "H3 H4 SMALL I TABLE THEAD TBODY TR TH TD svg rect line text title path FORM LABEL INPUT SELECT OPTION DATALIST " +
  "FIELDSET LEGEND ARTICLE ASIDE FIGURE FIGCAPTION BLOCKQUOTE DL DT DD DEL MARK PROGRESS NOSCRIPT").split(" "));
const wrong = [];
for (const element of document.querySelectorAll("*")) {
  if (!known.has(element.tagName)) wrong.push(element.tagName);
  for (const { name, value } of element.attributes) {
    if (name.startsWith("on") || name === "style" || name === "srcdoc") wrong.push(`${element.tagName} ${name}`);
    if ((name === "href" || name === "src") && !/^(#|static\\/|data:,$)/.test(value)) wrong.push(`${name}=${value}`);
  }
}
if (document.scripts.length !== 2) wrong.push("scripts");
if (window.__pwned !== undefined || {}.__pwned !== undefined) wrong.push("pwned");
return wrong;
"""
VIEWS = (
    "overview",
    "queue?state=all&q=zap",
    "queue?state=all&order=chars",
    "queue?state=all&rule=%3Cimg%20src%3Dx%20onerror%3Dwindow.__pwned%3D1%3E",
    "queue?q=%22%3E%3Cscript%3Ewindow.__pwned%3D1%3C/script%3E",
    "measure?rule=%22%3E%3Cscript%3Ewindow.__pwned%3D1%3C/script%3E",
    "misses?seed=1&size=50",
    "document?id=%3Cscript%3E",
    "single?rule=%3Cscript%3E&fingerprint=__proto__",
    "__proto__?x=1",
    "constructor",
)
READ = """
const seen = [];
for (let step = 0; step < 200; step++) {
  seen.push(document.querySelector(".specimen").textContent);
  const before = document.querySelector(".row[aria-current]");
  window.dispatchEvent(new KeyboardEvent("keydown", { key: "j" }));
  if (document.querySelector(".row[aria-current]") === before) break;
}
return seen;
"""


def test_hostile_texts_are_texts(page, run):
    """Each payload is shown to the letter, makes no element, runs nothing and asks for nothing."""
    assert len(PAYLOADS) >= 100
    page.browser.get_log("performance")
    page.browser.get_log("browser")
    page.open("queue?state=all&q=zap")
    shown: set[str] = set()
    for _ in range(4):  # the list grows when its end is near
        shown |= set(page.run(READ))
        assert page.run(FOREIGN) == []
        time.sleep(0.3)
    cuts = {line["text"] for line in lines(run / "removals.jsonl") if line["rule"] == "zap-line"}
    whole = {HIDDEN.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text) for text in cuts}
    assert len({text.strip() for text in shown} & {text.strip() for text in whole}) >= 100
    for view in VIEWS:
        page.go(view)
        assert page.run(FOREIGN) == [], view
        assert not HIDDEN.search(page.run("return document.documentElement.textContent")), view
    hostile = [n for n, line in enumerate(lines(run / "removals.jsonl")) if line["rule"] == "zap-line"]
    for number in hostile[:: len(hostile) // 5]:
        page.go(f"document?id={number}")
        assert page.run(FOREIGN) == [] and page.find(".cut.focus")
        assert not HIDDEN.search(page.run("return document.documentElement.textContent"))
    asked = _asked(page.browser)
    assert asked and {address for address in asked if not address.startswith(page.server.address)} <= {
        "about:blank",
        "data:,",
    }
    loud = [entry["message"] for entry in page.browser.get_log("browser") if "Content Security" in entry["message"]]
    assert not loud, "the policy had to stop something"


def _asked(browser: Any) -> set[str]:
    """The addresses that the page asked for."""
    events = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    return {event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"}


def test_the_page_and_the_terminal_hide_the_same(page):
    """One table in two languages: characters by themselves and in the surroundings that decide of some."""
    odd = [*range(0x20), *range(0x7F, 0xA1), 0xAD, 0x34F, *range(0x600, 0x606), 0x61C, 0x6DD, 0x115F, 0x1160]
    odd += [0x17B4, *range(0x180B, 0x1810), *range(0x2000, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0]
    odd += [*range(0xFFF9, 0xFFFE), 0xE0001, 0xE0041, 0xE0100, 0xE01EF, 0x61, 0x300, 0x627, 0x4E00, 0x1F469]
    around = [
        ("", ""),
        ("a", "b"),
        ("\u0645", "\u06cc"),
        ("\U0001f469", "\U0001f680"),
        ("\u5b57", ""),
        ("\u1820", "\u1820"),
    ]
    around += [("\u2601", " "), ("\u2764\ufe0f", "\U0001f525"), ("\u0645\u200d", "\u06cc"), ("x\ufe0f", "y")]
    texts = [before + chr(code) + after for code in odd for before, after in around]
    page.open("overview")
    said = page.browser.execute_async_script(
        "const [texts, done] = arguments; import(new URL('static/dom.js', location.href.split('#')[0]).href)"
        ".then(({ plain }) => done(texts.map((text) => plain(text))));",
        texts,
    )
    as_there = [
        "".join(f"⟨U+{mark_code(part.text)}⟩" if part.marked else part.text for part in parts(text)) for text in texts
    ]
    assert [(ascii(text), a, b) for text, a, b in zip(texts, said, as_there, strict=True) if a != b] == []


def mark_code(mark: str) -> str:
    """The code that a mark of the terminal stands for."""
    return mark[2:] if mark.startswith("U+") else f"{0x7F if mark == '␡' else ord(mark) - 0x2400:04X}"


def test_another_page_can_neither_read_nor_write(browser, server, run):
    """From another origin, with the address known: the browser refuses to show, and the server to answer."""
    before = (run / "verdicts.jsonl").read_bytes() if (run / "verdicts.jsonl").exists() else b""
    browser.get("data:text/html,<p>another page</p>")
    said = browser.execute_async_script(
        """
        const [address, done] = arguments;
        const order = { method: "POST", body: '{"id":0,"verdict":"wrong"}' };
        const asked = [
          fetch(address + "api/overview"),
          fetch(address + "api/verdict", { ...order, mode: "no-cors", headers: { "Content-Type": "text/plain" } }),
          fetch(address + "api/verdict", { ...order, headers: { "Content-Type": "application/json" } }),
        ];
        Promise.allSettled(asked.map((answer) => answer.then((said) => said.text())))
          .then((all) => done(all.map((each) => each.value ?? "")));
        """,
        server.address,
    )
    assert not any(said)
    framed = "data:text/html,<iframe src='" + server.address + "'></iframe>"
    browser.get(framed)
    time.sleep(0.3)
    browser.switch_to.frame(0)
    assert not browser.find_elements(By.ID, "main")
    browser.switch_to.default_content()
    assert ((run / "verdicts.jsonl").read_bytes() if before else b"") == before


# -- for everybody ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def axe(tmp_path_factory) -> str:
    """The source of axe-core, as npm gives it."""
    if not shutil.which("npm"):
        pytest.skip("no npm here, which brings axe-core")
    folder = tmp_path_factory.mktemp("axe")
    try:
        subprocess.run(
            ["npm", "pack", "--silent", "axe-core@4"], cwd=folder, check=True, capture_output=True, timeout=60
        )
    except (subprocess.SubprocessError, OSError):
        pytest.skip("npm does not reach its registry, which brings axe-core")
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        source = archive.extractfile("package/axe.min.js")
        assert source
        return source.read().decode()


#: The serious and critical findings of axe-core, each with places.
FINDINGS = """
axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => arguments[0](
  violations.filter((each) => ["serious", "critical"].includes(each.impact)).map((each) => [each.id,
    ...each.nodes.slice(0, 3).map((node) => `${node.target.join(" ")}: ${node.any[0]?.message ?? ""}`)])));
"""


@pytest.mark.parametrize(("look", "width"), [("light", 1400), ("dark", 390)])
def test_nothing_stands_in_anybodys_way(browser, server, axe, look, width):
    """No serious or critical finding of axe-core, and nothing wider than the screen."""
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": look}]}
    )
    page = Page(browser, server, width)
    page.open("misses?seed=1&size=20")
    for view in ("overview", "queue?state=all&order=count", "document?id=0", "measure", "misses?seed=0&size=20"):
        page.go(view)
        page.until(lambda: not page.find(".waiting"))
        if view.startswith("queue"):
            page.press("y")
            page.saved(1)
            page.press("u")
            page.saved(2)
        browser.execute_script(axe)
        assert browser.execute_async_script(FINDINGS) == [], view
        assert page.run("return document.documentElement.scrollWidth <= innerWidth"), view


def test_the_look_can_be_chosen_and_stays(page):
    page.open("overview")
    colours = set()
    for _ in range(2):
        page.find("#theme")[0].click()
        colours.add(page.run("return getComputedStyle(document.documentElement).backgroundColor"))
    assert len(colours) == 2 and page.run("return document.documentElement.dataset.theme") == "dark"
    page.open("overview")
    assert page.run("return document.documentElement.dataset.theme") == "dark"
    page.run("localStorage.clear()")
