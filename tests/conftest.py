"""For every Python test: nothing of it goes through a proxy, for it all stays on loopback."""

import os

os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost,::1"
