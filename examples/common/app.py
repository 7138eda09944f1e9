"""An application that hears callbacks: Flask in front, the inbox behind, one thread at work.

A callback goes this way: its signature is checked, it is put into the inbox, it is answered, and
then the example's function does what there is to do. What fails is tried again, later each time,
and holds nothing else up. A report is printed when there is nothing left to do, and at the end.
"""

import argparse
import signal
import sqlite3
import sys
import threading
import traceback
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from flask import Flask, Response, request
from signalwire.rest import Client
from werkzeug.serving import WSGIRequestHandler, make_server

from common.callback import Callback
from common.inbox import Inbox, Work
from common.settings import Settings
from common.verify import verified

Task = Callable[[Work], None]
Document = Callable[[Callback], str]
Report = Callable[[sqlite3.Connection], str]

LOOK_AGAIN_S = 0.2
# How long the end waits for work that is due. What is left is done after the next start.
LAST_WORK_S = 5.0


class App:
    """One example. Routes and tasks are named first, `run` does the rest."""

    def __init__(self, name: str, schema: str = "") -> None:
        self.name = name
        self.flask = Flask(name)
        self.settings = Settings.load()
        self._schema = schema
        self._tasks: dict[str, Task] = {}
        self._reports: list[Report] = []
        self._said = ""
        self._arrived = threading.Event()
        self._stop = threading.Event()
        self._failed = False
        here = Path(__file__).parent.parent
        self._parser = argparse.ArgumentParser(prog=f"examples/run {name}")
        self.option("--port", "5000", "where it listens on this machine; 0 takes a free one")
        self.option("--data", str(here / "data" / name), "the folder of its files")

    def option(self, flag: str, default: str, meaning: str) -> None:
        """A choice of the one who runs it; `options` has it then."""
        self._parser.add_argument(flag, default=default, help=f"{meaning} [{default}]")

    def callback(
        self, route: str, reply: Callable[[Callback], str] = lambda _: ""
    ) -> Callable[[Task], Task]:
        """Has the function do what a callback at this route asks for."""

        def receive() -> tuple[str, int]:
            callback = verified(request, self.settings.signing_key)
            if callback is None:
                return "the signature is wrong", 403
            # If this raises, the answer is 500, and the callback comes again.
            self.inbox.put(f"{route} {callback.key}", route, callback.params)
            self._arrived.set()
            return reply(callback), 200

        def register(task: Task) -> Task:
            self._tasks[route] = task
            self.flask.add_url_rule(route, route, receive, methods=["GET", "POST"])
            return task

        return register

    def document(self, route: str) -> Callable[[Document], Document]:
        """Has the function answer with cXML, at once: somebody is on the line."""

        def register(document: Document) -> Document:
            def answer() -> Response | tuple[str, int]:
                asked = verified(request, self.settings.signing_key)
                if asked is None:
                    return "the signature is wrong", 403
                return Response(document(asked), mimetype="text/xml")

            self.flask.add_url_rule(route, route, answer, methods=["GET", "POST"])
            return document

        return register

    def task(self, name: str) -> Callable[[Task], Task]:
        """Has the function do what `Work.later` asks for by this name."""

        def register(task: Task) -> Task:
            self._tasks[name] = task
            return task

        return register

    def report(self, report: Report) -> Report:
        """What is printed when there is nothing left to do."""
        self._reports.append(report)
        return report

    @cached_property
    def options(self) -> argparse.Namespace:
        return self._parser.parse_args()

    @cached_property
    def folder(self) -> Path:
        folder = Path(self.options.data)
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    @cached_property
    def inbox(self) -> Inbox:
        return Inbox(self.folder / "inbox.db", self._schema)

    @cached_property
    def client(self) -> Client:
        """The SDK, for tasks alone: they are all done by one thread."""
        return self.settings.client()

    def run(self) -> None:
        """Serves until SIGTERM or Ctrl-C."""
        server = make_server(
            "127.0.0.1", int(self.options.port), self.flask, threaded=True, request_handler=Quiet
        )
        self._reading = self.inbox.read()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop.set())
        worker = threading.Thread(target=self._work, daemon=True)
        worker.start()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.log(f"listens on http://127.0.0.1:{server.server_port}")
        self._stop.wait()
        server.shutdown()
        self._arrived.set()
        worker.join(LAST_WORK_S)
        if self._failed:
            sys.exit(1)
        self._print_report()

    def log(self, text: str) -> None:
        print(f"{self.name} {text}", file=sys.stderr, flush=True)

    def _work(self) -> None:
        """Ends the process if it cannot go on: to accept what nobody does would be to lose it."""
        try:
            while not self._stop.is_set():
                self._arrived.clear()
                while work := self.inbox.next():
                    self._do(work)
                self._print_report()
                # What was put off is looked for now and then.
                self._arrived.wait(LOOK_AGAIN_S)
        except Exception:
            traceback.print_exc()
            self._failed = True
            self._stop.set()

    def _do(self, work: Work) -> None:
        self.inbox.begin(work)
        try:
            self._tasks[work.task](work)
            self.inbox.finish(work)
        except Exception:
            pause = self.inbox.put_off(work)
            self.log(f"tries {work.key} again in {pause:g} s:")
            traceback.print_exc(limit=-1)

    def _print_report(self) -> None:
        said = "\n\n".join(report(self._reading) for report in self._reports)
        if said != self._said:
            print(f"\n{said}", flush=True)
            self._said = said


class Quiet(WSGIRequestHandler):
    """Without a line for each request."""

    def log_request(self, *_: object) -> None:
        pass
