"""The server of ``cleaner review``: what it answers, and to whom it does not."""

import asyncio
import http.client
import io
import json
import logging
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest

pytest.importorskip("starlette", reason="the page needs the extra `review`")
pytest.importorskip("uvicorn", reason="the page needs the extra `review`")

from reviewing import Server, make_run, serve

from cleaner.cli import main
from cleaner.errors import OutputError
from cleaner.review.web.asked import Draw, Judge, Refused, Undo, parameters
from cleaner.review.web.desk import Desk
from cleaner.review.web.guard import BODY, HEADERS, POLICY, QUERY, Guard

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    return make_run(tmp_path_factory.mktemp("server"), count=20)


@pytest.fixture(scope="module")
def server(run):
    server = serve(run, "--reviewer", "ann")
    yield server
    server.end()


class Answer:
    """What came back: status, headers and body."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.status, self.headers, self.body = response.status, response.headers, response.read()

    def json(self):
        return json.loads(self.body)


def ask(server: Server, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """Asks below the token, unless ``path`` begins with a slash."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    try:
        target = path if path.startswith("/") else f"/{server.token}/{path}"
        connection.request(method, target, body, named)
        return Answer(connection.getresponse())
    finally:
        connection.close()


def post(server: Server, order: str, body: object, **headers: str) -> Answer:
    return ask(server, f"api/{order}", "POST", json.dumps(body).encode(), **{**JSON, **headers})


# -- answers ----------------------------------------------------------------------------------------------------


def test_the_page_and_all_it_needs_are_there(server):
    page = ask(server, "")
    assert page.status == 200 and page.headers["Content-Type"].startswith("text/html")
    names = set(re.findall(r'(?:src|href)="(static/[^"]+)"', page.body.decode()))
    for name in sorted(names):
        asset = ask(server, name)
        assert asset.status == 200
        names |= {f"static/{other}" for other in re.findall(r'from "\./([^"]+)"', asset.body.decode())}
    assert all(ask(server, name).status == 200 for name in names) and len(names) > 5


def test_the_page_holds_no_inline_script_or_style_and_names_no_other_place():
    static = Path(sys.modules["cleaner.review.web"].__file__).parent / "static"
    for path in static.iterdir():
        text = path.read_text()
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", text), path
        assert set(re.findall(r"https?://[^\s\"'`]+", text)) <= {"http://www.w3.org/2000/svg"}, path
        if path.suffix == ".html":
            assert not re.search(r"<script>|<style|\sstyle=|\son\w+=", text)


def test_the_status_tells_who_judges_which_run_and_no_more_of_this_machine(server, run):
    status = ask(server, "api/status").json()
    assert status["ready"] and status["reviewer"] == "ann" and status["run"] == run.name
    assert str(run.parent) not in json.dumps(status)


@pytest.mark.parametrize(
    "question",
    [
        "overview",
        "groups?limit=3&state=all",
        "groups?q=zap&order=chars",
        "removal/0",
        "document/0",
        "misses?seed=1&size=5",
    ],
)
def test_questions_are_answered_with_json(server, question):
    answer = ask(server, f"api/{question}")
    assert answer.status == 200 and answer.headers["Content-Type"] == "application/json" and answer.json()
    assert answer.body.isascii()


def test_a_verdict_is_on_disk_when_it_is_acknowledged_and_can_be_undone(server, run):
    group = ask(server, "api/groups?limit=1&state=todo").json()["groups"][0]
    said = post(server, "verdict", {"id": group["first"], "verdict": "wrong", "scope": "group"})
    assert said.status == 200
    kept = [json.loads(line) for line in (run / "verdicts.jsonl").read_text().splitlines()]
    assert kept[-1]["id"] == said.json()["id"] and kept[-1]["reviewer"] == "ann"
    assert (kept[-1]["rule"], kept[-1]["fingerprint"]) == (group["rule"], group["fingerprint"])
    one = f"rule={quote(group['rule'])}&fingerprint={quote(group['fingerprint'])}"
    assert ask(server, f"api/group?{one}").json()["judged"] == "wrong"
    assert post(server, "undo", {}).json()["undone"]["fingerprint"] == group["fingerprint"]
    assert ask(server, f"api/group?{one}").json()["judged"] == ""


def test_a_sample_is_drawn_and_tells_its_bound_after_each_verdict(server):
    rule = ask(server, "api/overview").json()["rules"][0]["rule"]
    sample = post(server, "sample", {"rule": rule, "size": 5, "seed": 3}).json()
    item = sample["items"][0]["id"]
    order = {"id": item, "verdict": "right", "scope": "text", "sample": sample["name"]}
    standing = post(server, "verdict", order).json()["standing"]
    assert standing["right"] >= 1 and 0 < standing["lower"] < 1 and standing["needed_95"] > 0
    post(server, "undo", {})


def test_a_verdict_on_a_kept_line_names_it_by_its_place(server, run):
    lines = ask(server, "api/misses?seed=5&size=4").json()["lines"]
    assert post(server, "verdict", {"seed": 5, "size": 4, "place": 1, "verdict": "wrong"}).status == 200
    kept = json.loads((run / "verdicts.jsonl").read_text().splitlines()[-1])
    assert kept["rule"] == "kept-line" and kept["doc"] == lines[1]["doc"] and kept["start"] == lines[1]["start"]
    post(server, "undo", {})


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_orders_that_are_sent_again_are_carried_out_once(server, run):
    """The page sends again what got no answer, though it may have arrived."""
    earlier = post(server, "verdict", {"id": 1, "verdict": "right", "key": uuid4().hex}).json()["id"]
    key = uuid4().hex
    before = len(lines(run / "verdicts.jsonl"))
    order = {"id": 1, "verdict": "wrong", "key": key}
    assert [post(server, "verdict", order).json() for _ in range(3)] == [{"id": key}] * 3
    assert ask(server, "api/last").json()["last"]["id"] == key
    undone = [post(server, "undo", {"of": key}).json() for _ in range(3)]
    assert undone[0] == undone[1] == undone[2] and undone[0]["undone"]["id"] == key
    assert post(server, "verdict", order).json() == {"id": key}, "it is not judged anew by an order that was late"
    assert len(lines(run / "verdicts.jsonl")) == before + 2
    assert ask(server, "api/last").json()["last"]["id"] == earlier
    assert post(server, "undo", {"of": uuid4().hex}).json() == {"undone": None}
    assert post(server, "undo", {"of": earlier}).json()["undone"]["verdict"] == "right"


def test_an_order_is_kept_once_though_the_disk_failed_in_between(run, tmp_path, monkeypatch):
    desk = Desk(run, "ann", tmp_path / "v.jsonl")
    desk.open()
    order, real = Judge(verdict="wrong", id=0, key=uuid4().hex), os.fsync

    def fails(number: int) -> None:
        monkeypatch.setattr(os, "fsync", real)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OutputError):
        desk.verdict(order)
    assert desk.verdict(order) == {"id": order.key}
    assert desk.undo(Undo(of=order.key))["undone"]["id"] == order.key
    assert desk.last() == {"last": None} and len(lines(tmp_path / "v.jsonl")) == 2
    desk.close()


@pytest.mark.parametrize(
    ("question", "status"),
    [
        ("removal/99999999", 404),
        ("removal/-1", 400),
        ("removal/1e3", 400),
        ("removal/٣", 400),
        ("document/x", 400),
        ("groups?limit=100000", 400),
        ("groups?order=size", 400),
        ("groups?nonsense=1", 400),
        ("groups?q=" + "x" * 501, 400),
        ("groups?after=nonsense", 404),
        ("group?rule=no&fingerprint=no", 404),
        ("group", 400),
        ("sample?name=no", 404),
        ("misses?size=0", 400),
        ("nonsense", 404),
    ],
)
def test_questions_that_make_no_sense_are_refused_in_words(server, question, status):
    answer = ask(server, f"api/{quote(question, safe='/?=&-')}")
    assert answer.status == status and b"Traceback" not in answer.body and b"/tmp" not in answer.body


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": 0},
        {"id": 0, "verdict": "maybe"},
        {"id": "0", "verdict": "right"},
        {"id": -1, "verdict": "right"},
        {"id": 0, "verdict": "right", "scope": "all"},
        {"id": 0, "verdict": "right", "reviewer": "bob"},
        {"id": 0, "place": 0, "verdict": "right"},
        {"place": 3, "size": 2, "verdict": "right"},
        {"id": 10**12, "verdict": "right"},
        {"id": 0, "verdict": "right", "note": "x" * 501},
        {"id": 0, "verdict": "right", "key": "x" * 32},
        {"id": 0, "verdict": "right", "key": "0" * 31},
        {"id": 0, "verdict": "right", "key": "0" * 32 + "\n"},
        {"id": 0, "verdict": "right", "key": 7},
        [],
        "text",
        None,
    ],
)
def test_verdicts_that_make_no_sense_are_refused_and_not_kept(server, run, body):
    before = (run / "verdicts.jsonl").read_bytes()
    assert post(server, "verdict", body).status in (400, 404)
    assert (run / "verdicts.jsonl").read_bytes() == before


def test_a_text_without_a_site_is_not_judged_on_its_site(server, run):
    removals = [json.loads(line) for line in (run / "removals.jsonl").read_text().splitlines()]
    ids = {bool(ask(server, f"api/removal/{id}").json()["site"]): id for id in range(len(removals))}
    before = (run / "verdicts.jsonl").read_bytes()
    refused = post(server, "verdict", {"id": ids[False], "verdict": "wrong", "scope": "site"})
    assert refused.status == 400 and "has no site" in refused.json()["error"]
    assert (run / "verdicts.jsonl").read_bytes() == before
    for id, scope in ((ids[True], "site"), (ids[False], "text"), (ids[False], "group")):
        assert post(server, "verdict", {"id": id, "verdict": "wrong", "scope": scope}).status == 200
        assert post(server, "undo", {}).json()["undone"]["scope"] == scope


def test_broken_json_is_refused(server):
    for body in (b"", b"{", b"\xff\xfe", b"{}{}", b"[" * 5000):
        assert ask(server, "api/verdict", "POST", body, **JSON).status == 400


# -- who gets no answer -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "127.0.0.1:1",
        "127.0.0.1.evil.example:{port}",
        "0.0.0.0:{port}",
        "[::1]:{port}",
        "LOCALHOST:{port}",
        "localhost:{port}.",
        "localhost:{port}, evil.example",
        "",
    ],
)
def test_a_rebound_domain_name_gets_nothing(server, host):
    answer = ask(server, "api/overview", Host=host.format(port=server.port))
    assert answer.status in (400, 403) and b"totals" not in answer.body


def test_localhost_is_another_name_of_it(server):
    assert ask(server, "api/status", Host=f"localhost:{server.port}").status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1", "file://"]
)
def test_another_origin_gets_nothing(server, run, origin):
    origin = origin.format(port=server.port)
    assert ask(server, "api/overview", Origin=origin).status == 403
    before = (run / "verdicts.jsonl").read_bytes()
    assert post(server, "verdict", {"id": 0, "verdict": "wrong"}, Origin=origin).status == 403
    assert (run / "verdicts.jsonl").read_bytes() == before


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", "nonsense"])
def test_what_another_site_starts_gets_nothing(server, site):
    assert ask(server, "api/overview", Sec_Fetch_Site=site).status == 403
    assert ask(server, "static/app.js", Sec_Fetch_Site=site).status == 403
    assert post(server, "undo", {}, Sec_Fetch_Site=site).status == 403
    assert ask(server, "", Sec_Fetch_Site=site, Sec_Fetch_Mode="no-cors", Sec_Fetch_Dest="iframe").status == 403


def test_the_address_bar_gets_the_page_alone(server):
    there = {"Sec_Fetch_Site": "none", "Sec_Fetch_Mode": "navigate", "Sec_Fetch_Dest": "document"}
    assert ask(server, "", **there).status == 200
    assert ask(server, "api/overview", **there).status == 403


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "", "application/jsonx"]
)
def test_a_form_of_another_page_cannot_judge(server, kind):
    body = json.dumps({"id": 0, "verdict": "wrong"}).encode()
    assert ask(server, "api/verdict", "POST", body, **{"Content-Type": kind}).status == 415


def test_without_the_token_there_is_nothing(server):
    token = server.token
    for wrong in (
        "",
        "x",
        token[:-1],
        token + "x",
        token[:-1] + "!",
        token.swapcase(),
        quote("ü" * 9),
        "%00",
        "static",
    ):
        for path in ("", "/", "/api/overview", "/static/app.js"):
            assert ask(server, f"/{wrong}{path}").status == 404
    assert ask(server, "/api/overview").status == 404 and ask(server, "/favicon.ico").status == 404
    assert post(server, "verdict", {}).status == 400
    assert ask(server, f"/{token[:-1]}/api/undo", "POST", b"{}", **JSON).status == 404
    assert ask(server, f"/?token={token}").status == 404


def test_tokens_are_long_and_new_each_time(server, run):
    other = serve(run)
    other.end()
    assert other.token != server.token and len(server.token) >= 43


def test_the_token_is_in_no_file(server, run):
    for path in run.rglob("*"):
        if path.is_file():
            assert server.token.encode() not in path.read_bytes(), path


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="command lines are read from /proc")
def test_the_token_is_in_no_command_line(server):
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            assert server.token.encode() not in path.read_bytes()
        except OSError:  # it has ended
            continue


@pytest.mark.skipif(os.name != "posix", reason="a browser of ours is a shell script")
def test_the_browser_is_opened_by_a_file_that_others_cannot_read(run, tmp_path):
    script = tmp_path / "browser"
    script.write_text(
        f'#!/bin/sh\ncd {tmp_path}\nprintf %s "$1" > given\nfile="${{1#file://}}"\n'
        'ls -ld "$(dirname "$file")" > rights\ncat "$file" > page\n'
    )
    script.chmod(0o700)
    process = subprocess.Popen(
        [sys.executable, "-m", "cleaner", "review", str(run)],
        stdout=subprocess.PIPE, text=True, env={**os.environ, "BROWSER": str(script)},
    )  # fmt: skip
    address = process.stdout.readline().split()[-1]
    for _ in range(200):
        if (tmp_path / "page").exists() and (tmp_path / "page").read_text():
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    given = (tmp_path / "given").read_text()
    assert given.startswith("file://") and address not in given and address in (tmp_path / "page").read_text()
    assert (tmp_path / "rights").read_text().startswith("drwx------")
    assert not Path(given.removeprefix("file://")).exists(), "the file goes with the server"


PATHS = [
    "static/../server.py",
    "static/..%2fserver.py",
    "static/%2e%2e/server.py",
    "static/%2e%2e%2fserver.py",
    "static/..%252fserver.py",
    "static/..\\server.py",
    "static/..%5cserver.py",
    "static/....//server.py",
    "static//etc/passwd",
    "static/%2fetc%2fpasswd",
    "static//%2e%2e/%2e%2e/etc/passwd",
    "static/app.js%00.html",
    "static/app.js/",
    "static/",
    "static",
    "../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "api/removal/..%2f..%2fetc%2fpasswd",
    "api/removal/0/../../../../etc/passwd",
    "api/document/%2fetc%2fpasswd",
    "api/document/0%2f..%2f1",
    "api/../verdicts.jsonl",
    "verdicts.jsonl",
    ".review/index.duckdb",
]


@pytest.mark.parametrize("path", PATHS)
def test_no_path_leads_to_a_file(server, path):
    answer = ask(server, path)
    assert answer.status in (400, 404) and b"root:" not in answer.body and b"import" not in answer.body


def test_absolute_addresses_as_targets_get_nothing(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:
        target = f"http://evil.example/{server.token}/api/overview"
        line.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nConnection: close\r\n\r\n".encode())
        assert b" 404 " in line.recv(200)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "TRACE", "PROPFIND"])
def test_other_methods_are_not_allowed(server, method):
    assert ask(server, "api/overview", method).status == 405
    assert ask(server, "", method).status == 405


def test_more_connections_than_a_browser_opens_are_told_to_come_again(run, tmp_path):
    server = serve(run, "--verdicts", str(tmp_path / "v.jsonl"))
    kept = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)

    def status() -> int:
        kept.request("GET", f"/{server.token}/api/status")
        response = kept.getresponse()
        response.read()
        return response.status

    assert [status() for _ in range(20)] == [200] * 20, "one connection may ask as often as it likes"
    many = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(70)]
    deadline = time.monotonic() + 10
    while status() != 503:
        assert time.monotonic() < deadline
    for line in many:
        line.close()
    while status() != 200:
        assert time.monotonic() < deadline
    server.end()


def test_questions_are_not_orders_and_orders_no_questions(server):
    assert ask(server, "api/verdict").status == 405 and ask(server, "api/undo").status == 405
    assert post(server, "overview", {}).status == 405 and ask(server, "", "POST", b"{}", **JSON).status == 405


def test_long_bodies_are_refused(server):
    big = json.dumps({"id": 0, "verdict": "right", "note": "x" * BODY}).encode()
    assert ask(server, "api/verdict", "POST", big, **JSON).status == 413
    assert ask(server, "api/verdict", "POST", b"", **JSON, Content_Length="-1").status in (400, 413)


def test_long_bodies_in_chunks_are_refused_before_they_end(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    connection.putrequest("POST", f"/{server.token}/api/verdict")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    chunk = b"x" * 8192
    for _ in range(BODY // len(chunk) + 2):
        connection.send(b"%x\r\n%s\r\n" % (len(chunk), chunk))
    assert connection.getresponse().status == 413
    connection.close()


def test_long_queries_are_refused(server):
    assert ask(server, "api/groups?q=" + "x" * (QUERY + 1)).status == 414
    assert ask(server, "api/groups?" + "&".join(f"q=x{n}" for n in range(2000))).status == 414


def test_every_answer_carries_the_headers(server):
    answers = [
        ask(server, ""),
        ask(server, "static/app.js"),
        ask(server, "api/overview"),
        ask(server, "api/removal/x"),
        ask(server, "/wrong/"),
        ask(server, "", Host="evil.example"),
        ask(server, "", "PUT"),
        ask(server, "nothing"),
        ask(server, "api/undo", "POST", b"x", **{"Content-Type": "text/plain"}),
    ]
    assert {answer.status for answer in answers} == {200, 400, 403, 404, 405, 415}
    for answer in answers:
        for name, value in HEADERS:
            assert answer.headers.get_all(name.decode()) == [value.decode()]
        assert "Server" not in answer.headers and "Access-Control-Allow-Origin" not in answer.headers
    assert "unsafe" not in POLICY


def test_it_listens_on_this_machine_alone(server):
    """Another interface of the machine does not answer."""
    listening = Path("/proc/net/tcp")
    if not listening.exists():
        pytest.skip("listening sockets are read from /proc")
    port = f":{server.port:04X}"
    here = [line.split()[1] for line in listening.read_text().splitlines()[1:] if line.split()[3] == "0A"]
    assert [address for address in here if address.endswith(port)] == [f"0100007F{port}"]


def test_mistakes_of_ours_tell_the_page_nothing(tmp_path, monkeypatch):
    from cleaner.review.web import server as module

    class Broken:
        def status(self):
            raise ZeroDivisionError("/secret/path")

    status, body = _direct(module.app(Broken(), "token", 80), "/token/api/status")
    assert status == 500 and b"secret" not in body and b"ZeroDivision" not in body


def test_what_the_terminal_is_told_cannot_command_it(capsys):
    from cleaner.review.web import server as module

    class Broken:
        def __init__(self, error):
            self.error = error

        def status(self):
            raise self.error

    for kind in (OutputError, ZeroDivisionError):
        app = module.app(Broken(kind("\x1b[2J\u202e\u2028\u061c gone\r")), "token", 80)
        with _told() as said:
            assert _direct(app, "/token/api/status")[0] == 500
        assert "gone" in said.getvalue() and "␛[2J" in said.getvalue() and "U+202E" in said.getvalue()
        assert not set("\x1b\u202e\u2028\u061c\r") & set(said.getvalue())


@contextmanager
def _told():
    """What the log of the review says to the terminal."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    logging.getLogger("cleaner.review").addHandler(handler)
    yield stream
    logging.getLogger("cleaner.review").removeHandler(handler)


def test_where_nothing_can_be_kept_it_is_said_before_and_refused_for_now(run, tmp_path):
    (tmp_path / "v.jsonl.lock").mkdir()  # nobody can write beside it
    desk = Desk(run, "ann", tmp_path / "v.jsonl")
    desk.open()
    try:
        why = desk.status()["read_only"]
        assert "v.jsonl" in why and "--verdicts" in why and str(tmp_path) not in why
        assert desk.ask("overview", {})["read_only"] == why
        for order in (Judge(id=0, verdict="right"), Undo()):
            with pytest.raises(Refused) as refused:
                (desk.verdict if isinstance(order, Judge) else desk.undo)(order)
            assert (refused.value.status, str(refused.value)) == (503, why)
        with pytest.raises(Refused):
            desk.sample(Draw(rule="zap-line"))
        (tmp_path / "v.jsonl.lock").rmdir()
        assert desk.verdict(Judge(id=0, verdict="right"))["id"] and desk.status()["read_only"] == ""
    finally:
        desk.close()


def test_what_is_to_judge_may_be_asked_of_this_reviewer_alone(run, tmp_path):
    kept = tmp_path / "two.jsonl"
    todo: dict[tuple[str, str], set[int]] = {}
    for name in ("ann", "bob"):
        desk = Desk(run, name, kept)
        desk.open()
        try:
            if name == "ann":
                first = desk.ask("groups", {"limit": 1})["groups"][0]
                desk.verdict(Judge(id=first["first"], verdict="right", scope="group"))
            for mine in ("0", "1"):
                found = desk.ask("groups", parameters("groups", {"limit": "200", "mine": mine}))["groups"]
                todo[name, mine] = {group["number"] for group in found}
        finally:
            desk.close()
    assert first["number"] not in todo["ann", "0"] | todo["bob", "0"] | todo["ann", "1"]
    assert first["number"] in todo["bob", "1"]
    with pytest.raises(Refused, match="mine"):
        parameters("groups", {"mine": "yes"})


def test_the_guard_refuses_what_says_two_hosts():
    async def inner(scope, receive, send):
        raise AssertionError("nothing gets here")

    two = [(b"host", b"127.0.0.1:80"), (b"host", b"evil.example")]
    assert _direct(Guard(inner, "token", 80), "/token/", two)[0] == 403


def _direct(app, path, headers=((b"host", b"127.0.0.1:80"),)):
    """Status and body of an app that is asked without a server."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": b"",
        "headers": list(headers),
        "root_path": "",
    }
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


# -- the command ------------------------------------------------------------------------------------------------


def test_a_folder_without_a_run_is_told_so(tmp_path, capsys):
    assert main(["review", str(tmp_path)]) == 2
    assert "not a finished run" in capsys.readouterr().err


def test_a_port_that_is_taken_is_told_so(server, run, capsys):
    assert main(["review", str(run), "--port", str(server.port), "--no-browser"]) == 2
    assert "in use" in capsys.readouterr().err.lower()


@pytest.mark.parametrize("name", ["", " ", "a\nb", "x" * 81, "\u202ebob"])
def test_reviewers_need_a_name(run, capsys, name):
    assert main(["review", str(run), "--reviewer", name]) == 2
    assert "--reviewer" in capsys.readouterr().err


def test_it_ends_with_ctrl_c_and_leaves_the_verdicts_readable_by_their_owner(run):
    server = serve(run, "--verdicts", str(run.parent / "elsewhere.jsonl"))
    assert post(server, "verdict", {"id": 0, "verdict": "right"}).status == 200
    server.end()
    assert server.process.returncode == 0
    assert len((run.parent / "elsewhere.jsonl").read_text().splitlines()) == 1
    assert stat.S_ISREG((run.parent / "elsewhere.jsonl").stat().st_mode)


_ENDLESS = """
import sys
from cleaner.cli import main
from cleaner.review import summing

def endless(db, progress):
    while True:
        db.execute("SELECT sum(hash(range)) FROM range(3_000_000)").fetchall()
        progress(0.5)

summing.sum_up = endless
sys.exit(main(["review", sys.argv[1], "--no-browser"]))
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGINT is sent")
@pytest.mark.parametrize("wait", [0.0, 0.35])
def test_ctrl_c_while_the_index_is_built_leaves_nothing(run, tmp_path, wait):
    copy = shutil.copytree(run, tmp_path / "run", ignore=shutil.ignore_patterns(".review"))
    command = [sys.executable, "-c", _ENDLESS, str(copy)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    address = re.search(r"http://\S+", process.stdout.readline())[0]
    for _ in range(400):
        if json.loads(urllib.request.urlopen(f"{address}api/status", timeout=20).read())["share"] > 0.8:
            break
        time.sleep(0.02)
    assert (copy / ".review" / "index.new").exists()
    time.sleep(wait)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 0 and said == ""
    assert not list((copy / ".review").glob("*.new*")) and not (copy / ".review" / "index.duckdb").exists()
