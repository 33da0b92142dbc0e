"""A run to review: fictional pages of fictional sites, cleaned once, and hostile texts among what was cut."""

import atexit
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from payloads import PAYLOADS

from cleaner.cli import main

SITES = (
    ("marrowbaycourier.example", "The Marrow Bay Courier"),
    ("tidewaterpost.example", "Tidewater Post"),
    ("hollowpine.example", "Hollow Pine Gazette"),
    ("northquay.example", "North Quay Today"),
    ("ferrisvale.example", "Ferris Vale Record"),
    ("lanternhill.example", "Lantern Hill Observer"),
)
TOPICS = ("harbour", "school", "library", "ferry", "market", "bridge", "orchard", "museum", "tram line", "lighthouse")
SENTENCES = (
    "The council of the town voted on Tuesday to repair the {0} after two winters of doubt over who would pay for it.",
    "Engineers who looked at the {0} said that its foundations would last forty years if the drains were kept clear.",
    "“We waited a long time for this,” said the keeper of the {0}, who has worked there since her father retired.",
    "The plan for the {0} costs less than the one that was turned down two years ago, and work starts in the autumn.",
    "Residents near the {0} had asked for quieter machines and were told that the heaviest work would be done by day.",
    "A smaller group of traders fears that visitors will stay away while the {0} is closed on weekdays.",
    "The mayor promised that the {0} would stay open to schools, and that its money would not be spent elsewhere.",
)
JUNK = (
    "Sign up for our newsletter",
    "Sign up for our daily newsletter",
    "Subscribe to our newsletter",
    "Share on Facebook",
    "Share this article",
    "Follow us on Twitter",
    "Print this article",
    "Read more: What the {1} costs the town",
    "Read more: Five things to know about the {1}",
    "Related: How the {1} was saved",
    "Skip to content",
    "Back to top",
    "Load more comments",
    "Please enable JavaScript to view the comments.",
    "Please use Chrome browser for a more accessible video player",
    "We use cookies to improve your experience on our site.",
    "Subscribe now to continue reading",
    "Already a subscriber? Log in",
    "Advertisement",
    "Advertisement",
    "Story continues below advertisement",
    "Download our app",
    "Copyright © 2031 {0}. All rights reserved.",
    "© 2031 {0}",
    "Most read",
    "Trending now",
    "Tags: {1}",
    "Photo: {0}",
)
RULES = """
description = "Lines that tests put in"
language = "en"

[[rule]]
id = "zap-line"
description = "a line that says zap"
category = "other"
confidence = 0.9
lines = ['''zap .*''']
[rule.samples]
remove = ["zap something"]
keep = ["He said zap and left the room."]
"""


def pages(seed: int = 7, count: int = 60) -> Iterator[dict[str, str]]:
    """Pages as lines of JSONL: prose with junk around it and in it."""
    random = Random(seed)
    for number in range(count):
        host, name = SITES[min(len(SITES) - 1, int(random.expovariate(0.5)))]
        topic = random.choice(TOPICS)
        lines = [f"{topic.capitalize()} plan moves ahead, number {number}", ""]
        for sentence in random.sample(SENTENCES, 5):
            lines += [sentence.format(f"old {topic}"), ""]
            if random.random() < 0.5:
                lines += [random.choice(JUNK).format(name, topic), ""]
        lines += [junk.format(name, topic) for junk in random.sample(JUNK, random.randrange(2, 6))]
        yield {"id": f"{host}/{number:03}", "url": f"https://www.{host}/news/{number}", "text": "\n".join(lines)}


def hostile() -> Iterator[dict[str, str]]:
    """A page for each payload, which stands in its text, in its name and in its address."""
    for number, payload in enumerate(PAYLOADS):
        lines = ["A quiet day at the harbour", "", SENTENCES[number % 7].format("harbour"), "", f"zap {payload}", ""]
        lines += [SENTENCES[(number + 3) % 7].format(f"harbour {payload}"), ""]
        yield {"id": f"{payload} {number}", "url": f"https://{payload}.example/{number}", "text": "\n".join(lines)}


def make_run(folder: Path, *, with_hostile: bool = True, count: int = 60) -> Path:
    """A finished run below ``folder``."""
    documents = [*pages(count=count), *(hostile() if with_hostile else ())]
    (folder / "pages.jsonl").write_text("".join(json.dumps(each) + "\n" for each in documents))
    (folder / "zap.toml").write_text(RULES)
    run = folder / "run"
    rules = ["--rules", str(folder / "zap.toml")]
    assert main(["clean", str(folder / "pages.jsonl"), "--out", str(run), *rules]) == 0
    return run


@dataclass
class Server:
    """A server of ``cleaner review`` in a process of its own."""

    process: "subprocess.Popen[str]"
    address: str

    @property
    def port(self) -> int:
        return int(self.address.split(":")[2].split("/")[0])

    @property
    def token(self) -> str:
        return self.address.rstrip("/").rsplit("/", 1)[1]

    def kill(self) -> None:
        """As a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> None:
        """As Ctrl-C does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=20)


def serve(run: Path, *options: str) -> Server:
    """Starts a server and waits until its index is there."""
    command = [sys.executable, "-m", "cleaner", "review", str(run), "--no-browser", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    atexit.register(process.kill)  # a test that fails half-way leaves it
    assert process.stdout
    found = re.search(r"http://127\.0\.0\.1:\d+/[\w-]+/", process.stdout.readline())
    assert found, process.poll()
    server = Server(process, found[0])
    for _ in range(400):
        status = json.loads(urllib.request.urlopen(server.address + "api/status", timeout=20).read())
        if status["ready"]:
            return server
        assert not status["failed"], status["failed"]
        time.sleep(0.05)
    raise AssertionError("the index was not built")
