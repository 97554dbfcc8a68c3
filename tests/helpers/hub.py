"""A hub on loopback: the part of the protocol that huggingface_hub's client speaks when it downloads."""

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from huggingface_hub import constants, file_download

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = 1_000_000  # bytes; the real hub keeps what is larger in LFS, behind a redirect


def lfs(content: bytes) -> bool:
    return len(content) > LARGE


def git_hash(content: bytes) -> str:
    return hashlib.sha1(f"blob {len(content)}\0".encode() + content, usedforsecurity=False).hexdigest()


class Hub(ThreadingHTTPServer):
    """Repositories to serve, faults to play, and what was asked.

    Attributes:
        repositories: by name, the files' contents by name.
        refusals: by name, the status and the `X-Error-Code` that every request for a repository gets.
        sent: for a file's name, the content that is sent in place of the listed one.
        requests: `METHOD /path` of all requests, in order.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories: dict[str, dict[str, bytes]] = {}
        self.refusals: dict[str, tuple[int, str]] = {}
        self.sent: dict[str, bytes] = {}
        self.requests: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def add(self, name: str, folder: Path, *without: str, **files: bytes) -> None:
        """Serve a folder's files under a name, but some, and some others: `add(name, folder, config__json=...)`."""
        contents = {path.name: path.read_bytes() for path in folder.iterdir() if path.name not in without}
        self.repositories[name] = contents | {key.replace("__", "."): value for key, value in files.items()}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Hub

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        path = self.path.split("?")[0]
        self.server.requests.append(f"{self.command} {path}")
        words = path.strip("/").split("/")
        if words[:2] == ["api", "models"]:
            return self._info("/".join(words[2:4]))
        if words[0] == "large":
            return self._send("/".join(words[1:3]), words[-1], body=body)
        return self._resolve("/".join(words[:2]), words[-1], body=body)

    def _found(self, name: str) -> bool:
        status, code = self.server.refusals.get(name, (404, "RepoNotFound"))
        if name in self.server.repositories and name not in self.server.refusals:
            return True
        self._reply(status, b"", {"X-Error-Code": code, "X-Error-Message": "Refused."})
        return False

    def _info(self, name: str) -> None:
        if self._found(name):
            files = self.server.repositories[name]
            listed = {"id": name, "sha": COMMIT, "siblings": [self._sibling(*file) for file in files.items()]}
            self._reply(200, json.dumps(listed).encode(), {"Content-Type": "application/json"})

    def _sibling(self, name: str, content: bytes) -> dict[str, object]:
        file: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": git_hash(content)}
        if lfs(content):
            digest = hashlib.sha256(content).hexdigest()
            file["lfs"] = {"sha256": digest, "size": len(content), "pointerSize": 134}
        return file

    def _resolve(self, name: str, file: str, *, body: bool) -> None:
        if not self._found(name):
            return
        content = self.server.repositories[name].get(file)
        if content is None:
            self._reply(404, b"", {"X-Error-Code": "EntryNotFound"})
        elif lfs(content):
            etag = hashlib.sha256(content).hexdigest()
            headers = {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{etag}"', "X-Repo-Commit": COMMIT}
            self._reply(302, b"", headers | {"Location": f"{self.server.url}/large/{name}/{file}"})
        else:
            self._send(name, file, body=body)

    def _send(self, name: str, file: str, *, body: bool) -> None:
        listed = self.server.repositories[name][file]
        content = self.server.sent.get(file, listed)
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        headers = {"ETag": f'"{git_hash(listed)}"', "X-Repo-Commit": COMMIT}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        self._reply(206 if start else 200, content[start:], headers, body=body)

    def _reply(self, status: int, content: bytes, headers: dict[str, str], *, body: bool = True) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(key, value)
        self.end_headers()
        if body and self.command == "GET":
            self.wfile.write(content)


def point_client_at(set_attribute: Callable[[Any, str, str], None], url: str, caches: Path | str) -> None:
    """Make the client of this process, which has read its environment long ago, ask a hub and use empty caches."""
    set_attribute(constants, "ENDPOINT", url)
    set_attribute(file_download, "HUGGINGFACE_CO_URL_TEMPLATE", url + "/{repo_id}/resolve/{revision}/{filename}")
    set_attribute(constants, "HF_HUB_CACHE", f"{caches}/hub")


@contextlib.contextmanager
def serving() -> Iterator[Hub]:
    """Serve until the block ends."""
    with Hub() as hub:
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield hub
        finally:
            hub.shutdown()
            thread.join()
