"""Measures an idle `ringback dev`: from an accepted request to its callback, memory, size.

    python3 tests/measure/measure.py BINARY [ROUNDS]

Standard library alone. One message at a time, a pause between two, so that nothing waits for
anything else: the time from the last byte of the request sent to the first callback's request
line read, which holds one commit (with its fsync), the answer and the delivery. Beside it, from
the same run and folder, what an append and fdatasync of 4 KiB take: the floor under any such
time.
"""

import base64
import http.client
import http.server
import json
import os
import queue
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

PAUSE_S = 0.02
STARTS_WITHIN_S = 20


class Arrivals(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    queue = queue.Queue()

    def do_POST(self):
        arrived = time.perf_counter()
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(204)
        self.end_headers()
        if "MessageStatus=queued" in body:
            self.queue.put(arrived)

    def log_message(self, *_):
        pass


def main(binary, rounds):
    receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Arrivals)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory(dir=os.environ.get("MEASURE_DIR")) as folder:
        started = time.perf_counter()
        server, ready = start(binary, folder)
        ready_s = time.perf_counter() - started
        try:
            at_rest = memory_mib(server.pid)
            syncs = sorted(sync_ms(folder) for _ in range(rounds))
            times = sorted(one_message(ready, receiver.server_port) for _ in range(rounds))
            loaded = memory_mib(server.pid)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)
    receiver.shutdown()
    print(json.dumps({
        "rounds": rounds,
        "request_to_callback_ms": quantiles(times),
        "fdatasync_ms": quantiles(syncs),
        "ready_after_ms": round(ready_s * 1000, 1),
        "rss_at_rest_mib": at_rest,
        "rss_afterwards_mib": loaded,
        "binary_mib": round(os.path.getsize(binary) / 2**20, 1),
    }, indent=2))


def start(binary, folder):
    ready = os.path.join(folder, "ready.json")
    command = [binary, "dev", "--http", "127.0.0.1:0", "--https", "127.0.0.1:0",
               "--data", os.path.join(folder, "data"), "--ready-file", ready]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not os.path.exists(ready):
        if server.poll() is not None or time.monotonic() > deadline:
            server.kill()
            sys.exit(f"{binary} did not become ready")
        time.sleep(0.005)
    with open(ready) as file:
        return server, json.load(file)


def one_message(ready, port):
    """Milliseconds from the request's last byte to the first callback."""
    time.sleep(PAUSE_S)
    address = urllib.parse.urlsplit(ready["http"])
    credentials = f'{ready["project_id"]}:{ready["api_token"]}'.encode()
    form = urllib.parse.urlencode({
        "From": "+15550100001", "To": "+15550100002", "Body": "measured",
        "StatusCallback": f"http://127.0.0.1:{port}/status",
    })
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
    connection.request(
        "POST", f'/2010-04-01/Accounts/{ready["project_id"]}/Messages.json', form,
        {"Content-Type": "application/x-www-form-urlencoded",
         "Authorization": "Basic " + base64.b64encode(credentials).decode()})
    sent = time.perf_counter()
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 201, answer.status
    connection.close()
    return (Arrivals.queue.get(timeout=10) - sent) * 1000


def sync_ms(folder):
    path = os.path.join(folder, "sync")
    with open(path, "ab") as file:
        file.write(os.urandom(4096))
        file.flush()
        began = time.perf_counter()
        os.fdatasync(file.fileno())
        return (time.perf_counter() - began) * 1000


def memory_mib(pid):
    with open(f"/proc/{pid}/status") as file:
        resident = next(line for line in file if line.startswith("VmRSS"))
    return round(int(resident.split()[1]) / 1024, 1)


def quantiles(values):
    at = lambda share: round(values[min(len(values) - 1, int(len(values) * share))], 2)
    return {"p50": round(statistics.median(values), 2), "p90": at(0.9), "p99": at(0.99)}


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 200)
