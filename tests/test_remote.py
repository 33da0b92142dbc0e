"""Remote paths, against a real S3 server and a real web server, both on this machine, and both unreliable."""

import contextlib
import functools
import http.server
import io
import os
import random
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cleaner.errors import CleanerError, ConfigError, InputError, OutputError
from cleaner.formats import remote, remote_failures
from cleaner.formats.remote import expand, is_remote, open_for_reading, open_for_writing, upload
from cleaner.formats.remote_failures import shown

fsspec = pytest.importorskip("fsspec", reason="remote paths need fsspec: pip install 'cleaner[remote]'")

TEXT = b"The ferry sailed at noon, and the harbour was quiet again.\n"
LARGE = random.Random(5).randbytes(5_000_000)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(remote_failures, "PAUSE", 0.001)


@pytest.fixture(scope="module")
def s3_server() -> Iterator[int]:
    """A server of objects on a port of its own."""
    pytest.importorskip("s3fs", reason="S3 needs s3fs: pip install 'cleaner[remote]'")
    server = pytest.importorskip(
        "moto.server", reason="the S3 server of these tests is moto: pip install 'moto[server]'"
    )
    started = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    started.start()
    yield started.get_host_and_port()[1]
    started.stop()


@pytest.fixture
def s3(s3_server, monkeypatch, tmp_path):
    """The file system of a bucket called ``bay``, through the standard environment."""
    environment = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{s3_server}",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "very-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    system = fresh_s3()
    system.mkdir("bay")
    yield system
    system.rm("bay", recursive=True)
    fresh_s3()


def fresh_s3():
    import s3fs

    s3fs.S3FileSystem.clear_instance_cache()
    return s3fs.S3FileSystem()


@pytest.mark.parametrize(
    ("text", "remote_path"),
    [
        ("s3://bay/raw", True),
        ("gs://bay/raw/*.txt", True),
        ("https://example.org/a.txt", True),
        ("file:///raw", True),
        ("memory://raw", True),
        ("raw/a.txt", False),
        ("C:/raw", False),
        ("C://raw", False),
        ("-", False),
        ("raw/http://x", False),
        ("", False),
    ],
)
def test_addresses_are_told_from_paths(text, remote_path):
    assert is_remote(text) is remote_path


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://ann:secret@example.org/a.txt?X-Amz-Signature=secret#secret", "https://example.org/a.txt"),
        ("sftp://ann:secret@example.org/a.txt", "sftp://example.org/a.txt"),
        ("s3://bay/raw/a.txt", "s3://bay/raw/a.txt"),
        ("s3://bay/what?.txt", "s3://bay/what?.txt"),
    ],
)
def test_addresses_are_shown_without_secrets(url, safe):
    assert shown(url) == safe


def names(url: str) -> dict[str, int]:
    return {file.name: file.size for file in expand(url)}


def test_a_bucket_is_listed_by_object_folder_and_pattern(s3):
    for key in ("raw/b.txt", "raw/a.txt", "raw/deep/c.md", "raw/.hidden", "raw/.git/d.txt", "top.txt", "raw2/e.txt"):
        s3.pipe_file(f"bay/{key}", key.encode())
    assert names("s3://bay/raw/a.txt") == {"a.txt": 9}
    assert list(names("s3://bay/raw/")) == list(names("s3://bay/raw")) == ["a.txt", "b.txt", "deep/c.md"]
    assert list(names("s3://bay")) == ["raw/a.txt", "raw/b.txt", "raw/deep/c.md", "raw2/e.txt", "top.txt"]
    assert list(names("s3://bay/raw/*.txt")) == ["a.txt", "b.txt"]
    assert list(names("s3://bay/raw*/**")) == ["raw/a.txt", "raw/b.txt", "raw/deep/c.md", "raw2/e.txt"]
    s3.pipe_file("bay/late.txt", TEXT)
    assert "late.txt" in names("s3://bay")


def test_an_object_named_like_a_pattern_is_itself(s3):
    s3.pipe_file("bay/what[1].txt", TEXT)
    s3.pipe_file("bay/what1.txt", TEXT)
    assert names("s3://bay/what[1].txt") == {"what[1].txt": len(TEXT)}


def test_names_of_objects_never_lead_out_of_a_folder(s3):
    for key in ("raw/../up.txt", "raw//empty.txt", "raw/a\\b.txt", "raw/c:d.txt"):
        s3.pipe_file(f"bay/{key}", TEXT)
    found = expand("s3://bay/raw")
    assert sorted(file.name for file in found) == ["%/empty.txt", "%2E%2E/up.txt", "a%5Cb.txt", "c%3Ad.txt"]
    assert all(open_for_reading(file.url).read() == TEXT for file in found)


def test_an_object_is_read_in_any_order(s3):
    s3.pipe_file("bay/large.bin", LARGE)
    with open_for_reading("s3://bay/large.bin") as file:
        assert file.seekable()
        assert file.seek(-100, io.SEEK_END) == len(LARGE) - 100 and file.read() == LARGE[-100:]
        file.seek(1_234_567)
        assert file.read(99) == LARGE[1_234_567:1_234_666] and file.tell() == 1_234_666
        file.seek(0)
        assert file.read() == LARGE


def test_an_object_appears_whole_or_not_at_all(s3, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with open_for_writing("s3://bay/out/a.txt") as file:
        file.write(TEXT)
        assert not s3.exists("bay/out/a.txt")
    assert s3.cat("bay/out/a.txt") == TEXT
    with pytest.raises(KeyError), open_for_writing("s3://bay/out/b.txt") as file:
        file.write(TEXT)
        raise KeyError
    forgotten = open_for_writing("s3://bay/out/c.txt")
    forgotten.write(TEXT)
    del forgotten
    s3.invalidate_cache()
    assert s3.ls("bay/out") == ["bay/out/a.txt"]
    assert not list(tmp_path.glob("cleaner-*"))


def test_an_empty_object_is_read(s3):
    with open_for_writing("s3://bay/empty.txt"):
        pass
    assert names("s3://bay/empty.txt") == {"empty.txt": 0}
    assert open_for_reading("s3://bay/empty.txt").read() == b""


def test_a_large_file_is_uploaded_whole(s3, tmp_path):
    (tmp_path / "large").write_bytes(LARGE * 3)
    upload(tmp_path / "large", "s3://bay/large")
    assert s3.cat("bay/large") == LARGE * 3


@pytest.mark.parametrize("base", ["memory://remote-test", "file://{folder}"])
def test_other_file_systems_work_alike(base, tmp_path):
    base = base.format(folder=tmp_path)
    with open_for_writing(f"{base}/deep/a.txt") as file:
        file.write(TEXT)
    with pytest.raises(KeyError), open_for_writing(f"{base}/deep/b.txt") as file:
        raise KeyError
    assert names(base) == {"deep/a.txt": len(TEXT)}
    assert open_for_reading(f"{base}/deep/a.txt").read() == TEXT


def refused() -> int:
    """A port on which nobody listens."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        return int(nobody.getsockname()[1])


def said(call, *arguments: object, kind: type[CleanerError]) -> str:
    with pytest.raises(kind) as caught:
        call(*arguments)
    assert "secret" not in str(caught.value) and not caught.value.__cause__
    return str(caught.value)


def test_what_is_not_there_is_said(s3, tmp_path):
    (tmp_path / "a.txt").write_bytes(TEXT)
    s3.pipe_file("bay/a.txt", TEXT)
    nothing = "there is no such file, folder or bucket"
    assert said(expand, "s3://bay/none.txt", kind=ConfigError) == f"s3://bay/none.txt: {nothing}"
    assert said(expand, "s3://no-such-bucket/a", kind=ConfigError) == f"s3://no-such-bucket/a: {nothing}"
    assert said(open_for_reading, "s3://bay/none.txt", kind=InputError) == f"s3://bay/none.txt: {nothing}"
    assert said(upload, tmp_path / "a.txt", "s3://no-such-bucket/a", kind=OutputError).endswith(nothing)
    assert "no files there" in said(expand, "s3://bay/none/*.txt", kind=ConfigError)
    assert "names no bucket" in said(expand, "s3://", kind=ConfigError)
    assert "is not known; s3://" in said(expand, "nowhere://bay/a.txt", kind=ConfigError)


def test_without_credentials_it_says_which(s3, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    fresh_s3()
    message = said(expand, "s3://bay/raw", kind=ConfigError)
    assert "no credentials were found; set AWS_ACCESS_KEY_ID" in message


def test_without_network_it_says_so(s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{refused()}")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fresh_s3()
    assert "cannot be reached" in said(expand, "s3://bay/raw", kind=ConfigError)
    url = f"http://ann:secret@127.0.0.1:{refused()}/a.txt?secret"
    assert "cannot be reached" in said(expand, url, kind=ConfigError)
    assert "cannot be reached" in said(open_for_reading, url, kind=InputError)


def test_the_web_is_not_written(tmp_path):
    assert "can only be read" in said(open_for_writing, "https://example.org/a.txt", kind=ConfigError)


def test_without_fsspec_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec", None)
    assert "pip install 'cleaner[remote]'" in said(expand, "s3://bay/raw", kind=ConfigError)


class Cutting(http.server.BaseHTTPRequestHandler):
    """Serves ``LARGE``, and cuts the first so many connections in the middle of it."""

    cuts = 0
    ranges = "bytes"
    requests = 0

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def do_GET(self) -> None:
        self.answer(body=True)

    def answer(self, *, body: bool) -> None:
        if not self.path.startswith("/large"):
            self.send_error({"/closed": 403, "/broken": 500}.get(self.path.partition("?")[0], 404))
            return
        start, end = 0, len(LARGE)
        asked = self.headers.get("Range") if self.ranges == "bytes" else None
        if asked:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            start, end = int(first), min(int(last or len(LARGE)) + 1, len(LARGE))
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(end - start))
        if self.ranges:
            self.send_header("Accept-Ranges", self.ranges)
        if asked:
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(LARGE)}")
        self.end_headers()
        if not body:
            return
        type(self).requests += 1
        if type(self).cuts and end - start > 1000:
            type(self).cuts -= 1
            self.wfile.write(LARGE[start : start + (end - start) // 2])
            self.close_connection = True
            return
        self.wfile.write(LARGE[start:end])

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def web() -> Iterator[tuple[str, type[Cutting]]]:
    class Handler(Cutting):
        pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", Handler
        server.shutdown()


@pytest.mark.parametrize(
    "ranges", ["bytes", "none", ""], ids=["ranges", "no ranges", "no ranges, and it does not say so"]
)
@pytest.mark.parametrize("cuts", [0, 1, 3])
def test_reading_goes_on_where_a_connection_was_cut(web, cuts, ranges):
    url, handler = web
    handler.cuts, handler.ranges = cuts, ranges
    assert names(f"{url}/large.bin") == {"large.bin": len(LARGE)}
    with open_for_reading(f"{url}/large.bin") as file:
        assert file.seekable() is (ranges != "none")
        assert b"".join(iter(functools.partial(file.read, 700_001), b"")) == LARGE
    assert handler.cuts == 0 and handler.requests > cuts


def test_a_server_that_cuts_every_connection_is_given_up(web):
    url, handler = web
    handler.cuts = 1_000_000
    message = said(lambda: open_for_reading(f"{url}/large.bin?secret").read(), kind=InputError)
    assert "the connection keeps breaking" in message
    assert handler.requests < 60


@pytest.mark.parametrize(
    ("path", "says"),
    [("none.txt", "there is no such file"), ("closed?secret", "access is denied"), ("broken", "HTTP 500")],
)
def test_what_a_web_server_refuses_is_said(web, path, says):
    message = said(open_for_reading, f"{web[0]}/{path}", kind=InputError)
    assert says in message


class Proxy:
    """Passes connections on to a port, and cuts the first so many after so many bytes of the answer."""

    def __init__(self, port: int, cuts: int, after: int) -> None:
        self._target, self.cuts, self._after = port, cuts, after
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                here, _ = self._server.accept()
            except OSError:
                return
            there = socket.create_connection(("127.0.0.1", self._target))
            threading.Thread(target=self._pump, args=(here, there, None), daemon=True).start()
            threading.Thread(target=self._pump, args=(there, here, self._after), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, after: int | None) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
                passed += len(data)
                if after and passed > after and self.cuts:
                    self.cuts -= 1
                    break
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._server.close()


def test_an_object_is_read_past_connections_that_are_cut(s3, s3_server, monkeypatch):
    s3.pipe_file("bay/large.bin", LARGE)
    proxy = Proxy(s3_server, cuts=2, after=300_000)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{proxy.port}")
    fresh_s3()
    assert open_for_reading("s3://bay/large.bin").read() == LARGE
    assert proxy.cuts == 0
    proxy.close()


def test_an_object_that_changes_while_it_is_read_is_refused(s3, monkeypatch):
    monkeypatch.setattr(remote, "BLOCK", 100_000)
    s3.pipe_file("bay/large.bin", LARGE)
    file = open_for_reading("s3://bay/large.bin")
    assert file.read(10) == LARGE[:10]
    s3.pipe_file("bay/large.bin", LARGE[::-1])
    with pytest.raises(InputError, match=r"large.bin: it was changed while it was read"):
        file.read()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_process_reads_too(s3, tmp_path: Path):
    import multiprocessing

    s3.pipe_file("bay/a.txt", TEXT)
    assert names("s3://bay/") == {"a.txt": len(TEXT)}
    with multiprocessing.get_context("fork").Pool(1) as pool:
        assert pool.apply_async(_read, ("s3://bay/a.txt",)).get(20) == TEXT


def _read(url: str) -> bytes:
    return open_for_reading(url).read()
