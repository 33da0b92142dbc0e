"""What stands before the app: nobody but the reviewer's own page gets an answer.

The removed texts are hostile and every web page may send requests to this machine. So a request must name this
server in ``Host`` (a rebound domain name does not), must not come from another site (``Origin``,
``Sec-Fetch-Site``), and must hold the token of this run of the server as the first part of its path. Bodies
are JSON and short, counted as they come in. All answers carry headers that forbid the page whatever it does not need.
"""

import secrets
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, NamedTuple

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: Bytes of a body and of a query, beyond which a request is refused.
BODY, QUERY = 64 << 10, 4 << 10

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


class Refusal(NamedTuple):
    """An answer that tells nothing: a status and its usual words."""

    status: int
    words: str


FORBIDDEN = Refusal(403, "forbidden")
NOT_FOUND = Refusal(404, "not found")
NOT_ALLOWED = Refusal(405, "method not allowed")
TOO_LARGE = Refusal(413, "too large")
TOO_LONG = Refusal(414, "query too long")
NOT_JSON = Refusal(415, "only application/json")


class Guard:
    """ASGI middleware around ``app``, which sees paths without the token."""

    def __init__(self, app: App, token: str, port: int) -> None:
        self._app, self._token = app, token.encode()
        self._hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost")}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":  # a WebSocket: there is none
            await send({"type": "websocket.close", "code": 1008})
            return
        told = _Headed(send)
        refusal = self._refusal(scope)
        if refusal:
            await _refuse(told, refusal)
            return
        body = await _read(receive) if scope["method"] == "POST" else b""
        if body is None:
            await _refuse(told, TOO_LARGE)
            return
        await self._app({**scope, "path": _rest(scope["path"]), "root_path": ""}, _Once(body, receive), told)

    def _refusal(self, scope: Scope) -> Refusal | None:
        """Why a request is not answered; none if it is."""
        headers = _headers(scope["headers"])
        if headers is None or headers.get(b"host") not in self._hosts:
            return FORBIDDEN
        if not _from_here(headers, scope):
            return FORBIDDEN
        first = scope["path"].split("/", 2)[1:2]
        if not first or not secrets.compare_digest(first[0].encode("utf-8", "surrogatepass"), self._token):
            return NOT_FOUND
        if len(scope["query_string"]) > QUERY:
            return TOO_LONG
        return _unfit(scope["method"], headers)


def _from_here(headers: dict[bytes, bytes], scope: Scope) -> bool:
    """Whether it comes from our own page or from no browser at all.

    The page itself, which holds nothing, may be gone to from the address bar or from the file that opens the browser.
    """
    if b"origin" in headers and headers[b"origin"] != b"http://" + headers[b"host"]:
        return False
    if headers.get(b"sec-fetch-site", b"same-origin") == b"same-origin":
        return True
    goes_there = headers.get(b"sec-fetch-mode") == b"navigate" and headers.get(b"sec-fetch-dest") == b"document"
    return goes_there and scope["method"] == "GET" and _rest(scope["path"]) == "/"


def _headers(pairs: Iterable[tuple[bytes, bytes]]) -> dict[bytes, bytes] | None:
    """The headers by name; none if one that we decide by is there twice."""
    found: dict[bytes, bytes] = {}
    for name, value in pairs:
        name = name.lower()
        if name in found and name in (b"host", b"origin", b"sec-fetch-site", b"content-type", b"content-length"):
            return None
        found[name] = value
    return found


def _unfit(method: str, headers: dict[bytes, bytes]) -> Refusal | None:
    if method not in ("GET", "POST"):
        return NOT_ALLOWED
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > 12 or int(length) > BODY:
        return TOO_LARGE
    if method == "POST" and headers.get(b"content-type", b"").split(b";")[0].strip().lower() != b"application/json":
        return NOT_JSON
    return None


def _rest(path: str) -> str:
    """The path without the token."""
    return "/" + path.split("/", 2)[2] if path.count("/") > 1 else ""


async def _read(receive: Receive) -> bytes | None:
    """The body; none if it is too large: one that comes in chunks does not say its length before."""
    parts, size, more = [], 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return b""
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        more = message.get("more_body", False)
        if size > BODY:
            return None
    return b"".join(parts)


class _Once:
    """``receive`` of a body that was read already; afterwards that of the connection."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


class _Headed:
    """``send``, with our headers on every answer."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            ours = {name for name, _ in HEADERS}
            theirs = [pair for pair in message.get("headers", ()) if pair[0].lower() not in ours]
            message = {**message, "headers": [*theirs, *HEADERS]}
        await self._send(message)


async def _refuse(send: Send, refusal: Refusal) -> None:
    body = refusal.words.encode() + b"\n"
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    if refusal.status == TOO_LARGE.status:
        headers.append((b"connection", b"close"))  # what is left of the body is not read
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
