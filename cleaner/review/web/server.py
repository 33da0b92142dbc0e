"""The server of ``cleaner review``: it listens on this machine alone and answers the page.

The page is there at once; the index is built in a thread meanwhile. Assets are read into memory at the start, so that
no request names a file.
"""

import json
import secrets
import socket
import tempfile
import threading
import webbrowser
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from cleaner.errors import CleanerError, ConfigError, InputError
from cleaner.review.web import trouble
from cleaner.review.web.asked import ORDERS, QUESTIONS, Refused, parameters, read_body
from cleaner.review.web.desk import Desk
from cleaner.review.web.guard import App, Guard

Endpoint = Callable[[Request], Awaitable[Response]]

_TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css"}
#: Questions that name a removal in their path.
_NAMED = ("removal", "document")
#: Seconds that requests under way are given when the server is stopped.
_GRACE = 1
#: Connections at once, of which a browser opens six; more are told to come again.
_MOST = 64


def serve(desk: Desk, port: int, *, browser: bool, say: Callable[[str], Any] = print) -> None:
    """Serves until Ctrl-C. ``port`` 0 is any that is free. Raises ``ConfigError`` for one that is taken."""
    with _listening(port) as here:
        port, token = here.getsockname()[1], secrets.token_urlsafe(32)
        address = f"http://127.0.0.1:{port}/{token}/"
        say(f"review at {address}\nwho has this address can read and judge; Ctrl-C ends")
        desk.open_meanwhile()
        with _shown(address) if browser else tempfile.TemporaryDirectory():
            _serve(app(desk, token, port), here)


def app(desk: Desk, token: str, port: int) -> App:
    """The guarded app."""
    routes = [
        *(Route(path, _asset(body, kind), methods=["GET"]) for path, body, kind in _assets()),
        Route("/api/status", _answering(lambda request: desk.status()), methods=["GET"]),
        Route("/api/last", _answering(lambda request: desk.last()), methods=["GET"]),
        *(Route(f"/api/{name}", _question(desk, name), methods=["GET"]) for name in QUESTIONS if name not in _NAMED),
        *(Route(f"/api/{name}/{{id}}", _question(desk, name), methods=["GET"]) for name in _NAMED),
        *(Route(f"/api/{name}", _order(desk, name), methods=["POST"]) for name in ORDERS),
    ]
    inner = Starlette(routes=routes)
    inner.router.redirect_slashes = False
    return Guard(inner, token, port)


def _serve(guarded: App, here: socket.socket) -> None:
    config = uvicorn.Config(
        guarded,
        http="h11",
        ws="none",
        lifespan="off",
        access_log=False,  # it would show the token
        log_level="error",
        server_header=False,
        limit_concurrency=_MOST,
        timeout_graceful_shutdown=_GRACE,
    )
    uvicorn.Server(config).run(sockets=[here])


@contextmanager
def _listening(port: int) -> Iterator[socket.socket]:
    """A socket of this machine alone that takes requests from now on, though they wait until the server is there."""
    # Named, for else asyncio does not send small answers at once.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as here:
        here.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            here.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            why = getattr(error, "strerror", None) or error
            raise ConfigError(f"--port {port}: {why}; without --port a free one is taken") from None
        here.listen(128)
        yield here


@contextmanager
def _shown(address: str) -> Iterator[None]:
    """Opens the browser, by a file that only this user can read.

    The address itself would stand in the browser's command line, which every user of the machine can see.
    """
    with tempfile.TemporaryDirectory(prefix="cleaner-review-") as folder:
        page = Path(folder) / "review.html"
        page.touch(mode=0o600)
        page.write_text(f'<!doctype html><meta http-equiv="refresh" content="0;url={address}"><title>cleaner</title>\n')
        threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()
        yield


def _assets() -> Iterator[tuple[str, bytes, str]]:
    """Paths, content and types of the files of the page."""
    for file in files("cleaner.review.web").joinpath("static").iterdir():
        kind = _TYPES.get(Path(file.name).suffix)
        if kind:
            path = "/" if file.name == "index.html" else f"/static/{file.name}"
            yield path, file.read_bytes(), kind


def _asset(body: bytes, kind: str) -> Endpoint:
    async def give(request: Request) -> Response:
        return Response(body, media_type=kind)

    return give


def _question(desk: Desk, name: str) -> Endpoint:
    def ask(request: Request) -> Any:
        return desk.ask(name, parameters(name, {**request.query_params, **request.path_params}))

    return _answering(ask)


def _order(desk: Desk, name: str) -> Endpoint:
    async def do(request: Request) -> Response:
        body = await request.body()
        return await run_in_threadpool(_answer, lambda: getattr(desk, name)(read_body(name, body)))

    return do


def _answering(ask: Callable[[Request], Any]) -> Endpoint:
    async def answer(request: Request) -> Response:
        return await run_in_threadpool(_answer, lambda: ask(request))

    return answer


def _answer(ask: Callable[[], Any]) -> Response:
    """The answer as JSON, or what was wrong, in words that name no place of this machine."""
    try:
        return _Json(ask())
    except Refused as refused:
        return _Json({"error": str(refused)}, refused.status)
    except InputError:
        return _Json({"error": "there is no such thing in this log"}, 404)
    except CleanerError as error:
        trouble.tell(error)
        return _Json({"error": "this could not be done; the terminal says why"}, 500)
    except Exception:  # noqa: BLE001 - a mistake of ours must not end the server, nor tell the page of it
        trouble.tell_all("a mistake of ours")
        return _Json({"error": "a mistake of ours; the terminal says more"}, 500)


class _Json(JSONResponse):
    """JSON in ASCII: no character of an article can do anything to it, lone surrogates included."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, ensure_ascii=True, separators=(",", ":")).encode()
