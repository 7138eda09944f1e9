// The application that a driver is: it gets the callbacks, and says what became of each thing.
//
// Used by the drivers of the Node SDKs; nothing but what Node brings is used here. Each line of
// standard output is one JSON object.

import http from "node:http";

const env = process.env;
export const ADDRESS = env.RINGBACK_URL;
export const HOST = ADDRESS.replace("https://", "");
export const PROJECT = env.RINGBACK_PROJECT;
export const ALIAS = env.RINGBACK_ALIAS;
export const TOKEN = env.RINGBACK_TOKEN;
export const KEY = env.RINGBACK_SIGNING_KEY;
const WITHIN_MS = 60_000;

const DOCUMENTS = {
  "/documents/long": '<Response><Pause length="3600"/></Response>',
  "/documents/bye": "<Response><Hangup/></Response>",
  "/documents/voicemail": `<Response>
        <Say>Please leave a message.</Say>
        <Record maxLength="5" action="/documents/bye" recordingStatusCallback="/recorded"
            transcribe="true" transcribeCallback="/transcribed"/>
    </Response>`,
};

/** What the SDK made of an operation, for the test. */
export function tell(operation, got) {
  console.log(JSON.stringify({ operation, ...got }));
}

/** What no SDK has: tells Ringback what became of something. */
export async function report(report) {
  const credentials = Buffer.from(`${PROJECT}:${TOKEN}`).toString("base64");
  const answer = await fetch(`${ADDRESS}/v1/changes`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: `Basic ${credentials}` },
    body: JSON.stringify(report),
  });
  const { taken } = await answer.json();
  if (taken !== 1) throw new Error(`it took ${taken} reports`);
}

/** Serves the documents and keeps every callback, after it was verified. */
export class Application {
  /** `verified(callback)` asks the SDK's own validator. */
  constructor(verified) {
    this.verified = verified;
    this.callbacks = [];
    this.waiting = new Set();
    this.server = http.createServer((request, response) => this.receive(request, response));
  }

  async listen() {
    await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  receive(request, response) {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      const document = DOCUMENTS[request.url];
      if (document === undefined) this.take(request, body);
      response.writeHead(200, { "Content-Type": "application/xml" });
      response.end(document ?? "");
    });
  }

  take({ method, url: target, headers }, body) {
    const url = `http://${headers.host}${target}`;
    const callback = { method, target, url, headers, body };
    callback.verified = this.verified(callback);
    callback.tampered = this.verified({ ...callback, body: tampered(body) });
    this.callbacks.push(callback);
    for (const look of this.waiting) look();
  }

  /** The parameters of the first callback to `path` that has these. */
  wait(path, expected) {
    const fits = (callback) =>
      pathOf(callback) === path &&
      Object.entries(expected).every(([name, value]) => parameters(callback)[name] === value);
    return new Promise((done, fail) => {
      const look = () => {
        const callback = this.callbacks.find(fits);
        if (callback === undefined) return;
        clearTimeout(late);
        this.waiting.delete(look);
        done(parameters(callback));
      };
      const what = `no callback to ${path} with ${JSON.stringify(expected)}`;
      const late = setTimeout(() => fail(new Error(what)), WITHIN_MS);
      this.waiting.add(look);
      look();
    });
  }

  /** Tells of every callback, by the path that it came to, in the order of arrival. */
  close() {
    this.server.close();
    this.server.closeAllConnections?.();
    const paths = [...new Set(this.callbacks.map(pathOf))].sort();
    const ordered = paths.flatMap((path) => this.callbacks.filter((it) => pathOf(it) === path));
    for (const callback of ordered) {
      console.log(JSON.stringify({ callback }));
    }
  }
}

/** The body with another last value. */
function tampered(body) {
  return body.endsWith('"}') ? `${body.slice(0, -2)}x"}` : `${body}x`;
}

const pathOf = (callback) => callback.target.split("?")[0];

export function isJson(callback) {
  return callback.headers["content-type"].startsWith("application/json");
}

/** The parameters of a callback, of whichever form its body is. */
export function parameters(callback) {
  if (isJson(callback)) return JSON.parse(callback.body);
  return Object.fromEntries(new URLSearchParams(callback.body));
}
