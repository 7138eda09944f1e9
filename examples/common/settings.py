"""Where the server is and who we are there: from the environment, or those of `ringback dev`.

The credentials below are those of every `ringback dev`, known to everybody. Real ones belong in
the environment and nowhere else.
"""

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from signalwire.rest import Client

REST_TIMEOUT_S = 10


@dataclass(frozen=True)
class Settings:
    """One project on one server."""

    project: str
    token: str
    signing_key: str
    # Host and port, as the SDK wants it.
    space: str
    # The base of URLs without TLS, for what the SDK has no method for.
    http: str
    # The CA of a server whose certificate nobody else vouches for.
    ca: str | None

    @classmethod
    def load(cls) -> "Settings":
        """From the file that `ringback dev --ready-file` wrote, or from variables."""
        if ready := os.environ.get("RINGBACK_READY_FILE"):
            return cls.from_ready_file(Path(ready))
        ca = data_folder() / "tls/ca.pem"
        return cls(
            project=variable("PROJECT_ID", "00000000-0000-4000-8000-00000000de00"),
            token=variable("API_TOKEN", "PT_development_only_0000000000000000"),
            signing_key=variable("SIGNING_KEY", "PSK_development_only_000000000000000"),
            space=variable("SPACE_URL", "127.0.0.1:8443"),
            http=variable("HTTP_URL", "http://127.0.0.1:8080"),
            ca=variable("CA", str(ca) if ca.is_file() else "") or None,
        )

    @classmethod
    def from_ready_file(cls, file: Path) -> "Settings":
        ready = json.loads(file.read_text())
        return cls(
            project=ready["project_id"],
            token=ready["api_token"],
            signing_key=ready["signing_key"],
            space=ready["https"].removeprefix("https://"),
            http=ready["http"],
            ca=ready["ca_file"],
        )

    def client(self) -> Client:
        """The SDK's client. It does not read REQUESTS_CA_BUNDLE, so the CA is given to it."""
        client = Client(self.project, self.token, signalwire_space_url=self.space)
        client.http_client.timeout = REST_TIMEOUT_S
        if self.ca:
            client.http_client.session.verify = self.ca
        return client


def data_folder() -> Path:
    """Where `ringback dev` keeps its files if it is not told where."""
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/ringback"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local/share") / "ringback"


def variable(name: str, default: str) -> str:
    return os.environ.get(f"SIGNALWIRE_{name}") or default
