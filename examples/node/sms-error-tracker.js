// SMS error tracker, the twin in Node: which messages did not arrive, why, and how many did.
//
// Give messages `…/smsErrorTracker` as their StatusCallback. Each callback is verified, written to
// a journal on disk, and answered; only then is the server asked about what did not arrive. What is
// in the journal is read at the next start, so a crash loses nothing that was answered.

"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { parseArgs } = require("node:util");
const express = require("express");
const { RestClient } = require("@signalwire/compatibility-api");

const COLUMNS = [
  "Message Sid", "Message Status", "Error Code", "Error Message", "Date Sent", "To", "From", "Body",
];
// The order of a message's statuses: whatever arrives late is not taken for news.
const PLACE = { queued: 0, sending: 1, sent: 2, delivered: 3, undelivered: 3, failed: 3 };
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 60_000;
// How long nothing has to happen before the table is printed.
const QUIET_MS = 200;

const { values: options } = parseArgs({
  options: {
    port: { type: "string", default: "5000" },
    data: { type: "string", default: path.join(__dirname, "../data/sms-error-tracker-node") },
  },
});
const settings = loadSettings();
const client = RestClient(settings.project, settings.token, { signalwireSpaceUrl: settings.space });

// By SID: where each message stands, and the row of each that did not arrive.
const messages = new Map();
const rows = new Map();
let timer;

fs.mkdirSync(options.data, { recursive: true });
const journal = openJournal(path.join(options.data, "inbox.jsonl"));

const app = express();
app.post("/smsErrorTracker", express.urlencoded({ extended: false }), (request, response) => {
  const url = `${request.protocol}://${request.get("host")}${request.originalUrl}`;
  const signature = request.get("X-SignalWire-Signature") ?? "";
  if (!RestClient.validateRequest(settings.signingKey, signature, url, request.body)) {
    response.status(403).send("the signature is wrong");
    return;
  }
  const { MessageSid: sid, MessageStatus: status, ErrorCode: code } = request.body;
  if (!isNews({ sid, status })) {
    response.sendStatus(200);
    return;
  }
  // If this throws, the answer is 500, and the callback comes again.
  write({ sid, status, code });
  response.sendStatus(200);
  console.error(`sms-error-tracker hears of ${sid}: ${status}${code ? ` ${code}` : ""}`);
  take({ sid, status, code });
});

const server = app.listen(Number(options.port), "127.0.0.1", () => {
  console.error(`sms-error-tracker listens on http://127.0.0.1:${server.address().port}`);
});
for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, stop);

// Whether a callback says more than we know: it came neither twice nor late.
function isNews({ sid, status }) {
  const known = messages.get(sid);
  return known === undefined || PLACE[status] > PLACE[known];
}

function take({ sid, status, code }) {
  messages.set(sid, status);
  if ((status === "undelivered" || status === "failed") && !rows.has(sid)) lookUp(sid, code);
  printSoon();
}

// Asks the server about a message until it answers.
async function lookUp(sid, code, pause = FIRST_PAUSE_MS) {
  try {
    const message = await client.messages(sid).fetch();
    const sent = message.dateSent?.toISOString().slice(0, 19).replace("T", " ");
    const row = [
      sid, message.status, message.errorCode ?? code, message.errorMessage, sent, message.to,
      message.from, message.body,
    ].map((cell) => `${cell ?? ""}`);
    write({ row });
    rows.set(sid, row);
    printSoon();
  } catch (error) {
    console.error(`sms-error-tracker asks for ${sid} again in ${pause} ms: ${error.message}`);
    setTimeout(lookUp, pause, sid, code, Math.min(2 * pause, LONGEST_PAUSE_MS)).unref();
  }
}

// Opens the journal and takes all that is in it. A line that a crash cut short was not answered.
function openJournal(file) {
  const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  const opened = fs.openSync(file, "a");
  fs.ftruncateSync(opened, Buffer.byteLength(whole));
  const entries = whole.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  for (const { row } of entries) if (row) rows.set(row[0], row);
  for (const entry of entries) if (entry.sid && isNews(entry)) take(entry);
  return opened;
}

// One more entry, on disk when this returns.
function write(entry) {
  fs.writeSync(journal, `${JSON.stringify(entry)}\n`);
  fs.fdatasyncSync(journal);
}

function printSoon() {
  clearTimeout(timer);
  timer = setTimeout(print, QUIET_MS);
}

function print() {
  const table = [...rows.values()].sort((one, other) => (sortKey(one) < sortKey(other) ? -1 : 1));
  const statuses = [...messages.values()];
  const delivered = statuses.filter((status) => status === "delivered").length;
  const ended = statuses.filter((status) => PLACE[status] === PLACE.delivered).length;
  const rate = ended ? `${((100 * delivered) / ended).toFixed(1)} %` : "unknown";
  console.log(`\n${delivered} of ${ended} delivered, delivery rate ${rate}`);
  console.log(columns([COLUMNS, ...table]));
  writeCsv(path.join(options.data, "UndeliveredMessages.csv"), [COLUMNS, ...table]);
}

function sortKey(row) {
  return `${row[2]} ${row[5]} ${row[0]}`;
}

function columns(table) {
  const widths = COLUMNS.map((_, at) => Math.max(...table.map((row) => row[at].length)));
  const line = (row) => row.map((cell, at) => cell.padEnd(widths[at])).join("  ").trimEnd();
  return table.map(line).join("\n");
}

// The whole file or none: somebody may be reading the one that was there.
function writeCsv(file, table) {
  const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  fs.writeFileSync(`${file}.part`, table.map((row) => `${row.map(quoted).join(",")}\r\n`).join(""));
  fs.renameSync(`${file}.part`, file);
}

// Takes nothing more, and prints what there is. What is not looked up yet is after the next start.
function stop() {
  server.close(() => {
    clearTimeout(timer);
    print();
    process.exit(0);
  });
  server.closeAllConnections();
}

// From the file that `ringback dev --ready-file` wrote, or from variables; else those of
// `ringback dev`, known to everybody. The CA is given to Node itself: NODE_EXTRA_CA_CERTS.
function loadSettings() {
  const { env } = process;
  if (env.RINGBACK_READY_FILE) {
    const ready = JSON.parse(fs.readFileSync(env.RINGBACK_READY_FILE, "utf8"));
    return {
      project: ready.project_id,
      token: ready.api_token,
      signingKey: ready.signing_key,
      space: ready.https.replace("https://", ""),
    };
  }
  return {
    project: env.SIGNALWIRE_PROJECT_ID || "00000000-0000-4000-8000-00000000de00",
    token: env.SIGNALWIRE_API_TOKEN || "PT_development_only_0000000000000000",
    signingKey: env.SIGNALWIRE_SIGNING_KEY || "PSK_development_only_000000000000000",
    space: env.SIGNALWIRE_SPACE_URL || "127.0.0.1:8443",
  };
}
