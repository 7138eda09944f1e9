// Every operation of the compatible API that npm `@signalwire/compatibility-api` and npm `twilio`
// have.
//
// Both have one shape, so that both are driven by this: each driver brings its client and its
// validator. What the SDK made of an answer is told; the test knows what it should be, and it is
// the same as from Python. One thing is done at a time, and what others do is waited for by a
// callback: the requests are the same ones each time.

import { Application, report, tell } from "./application.mjs";

const OURS = "+15550100001";
const OURS_TOO = "+15550100009";
const THEIRS = "+15550100002";
const UNREACHABLE = "+15550103003";
const NEVER_ANSWERS = "+15550100487";
const LONG_AGO = new Date("2020-01-01T00:00:00Z");
const UNKNOWN = "0191d9c8-2f6b-7c9a-b1d4-6a1f0e5c7a01";
const EVENTS = ["initiated", "ringing", "answered", "completed"];
const RECORDING_EVENTS = ["in-progress", "completed", "absent"];

/** All of it. `stranger` is a client with a wrong token. */
export async function drive(client, stranger, verified) {
  offers(client);
  const application = await new Application(verified).listen();
  await accounts(client);
  await numbers(client);
  await applications(client);
  await messages(client, application);
  await media(client, application);
  await calls(client, application);
  await recordings(client, application);
  await transcriptions(client, application);
  await tenDlc(application);
  await errors(client, stranger);
  application.close();
}

/** What the SDK has below each resource, whether it is driven here or not. */
function offers(client) {
  const below = {
    account: client.api.account,
    call: client.calls(UNKNOWN),
    message: client.messages(UNKNOWN),
    recording: client.recordings(UNKNOWN),
    numbers: client.incomingPhoneNumbers,
    number: client.incomingPhoneNumbers(UNKNOWN),
    available: client.availablePhoneNumbers("US"),
  };
  const found = Object.entries(below).map(([name, one]) => [name, gettersOf(one).map(asInPython)]);
  console.log(JSON.stringify({ offers: Object.fromEntries(found) }));
}

function gettersOf(one) {
  const names = [];
  for (let it = one; it && it !== Object.prototype; it = Object.getPrototypeOf(it)) {
    if (it === Function.prototype) break;
    const own = Object.entries(Object.getOwnPropertyDescriptors(it));
    names.push(...own.filter(([, what]) => what.get).map(([name]) => name));
  }
  return names;
}

const asInPython = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What is on the first two pages of a list, from one to the next and back. */
async function twoPages(list, pageSize) {
  const first = await list.page({ pageSize });
  const second = await first.nextPage();
  const back = await second.previousPage();
  if (!same(sids(back.instances), sids(first.instances))) throw new Error("no way back");
  return [...first.instances, ...second.instances];
}

const sids = (items) => items.map((it) => it.sid);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

async function accounts(client) {
  const all = client.api.accounts;
  const names = (items) => items.map((it) => it.friendlyName);
  tell("accounts.list", { names: names(await all.list()) });
  const made = await all.create({ friendlyName: "shop" });
  tell("accounts.create", { name: made.friendlyName, status: made.status });
  tell("accounts.list by name", { names: names(await all.list({ friendlyName: "shop" })) });
  tell("accounts.page", { names: names(await twoPages(all, 1)) });
  tell("accounts.fetch", { same: (await all(made.sid).fetch()).sid === made.sid });
  const renamed = await all(made.sid).update({ friendlyName: "kiosk" });
  tell("accounts.update", { name: renamed.friendlyName });
}

async function numbers(client) {
  const countries = client.availablePhoneNumbers;
  const digits = (items) => items.map((it) => it.phoneNumber);
  tell("available.list", { countries: (await countries.list()).map((it) => it.countryCode) });
  tell("available.fetch", { country: (await countries("US").fetch()).country });
  const local = await countries("US").local.list({ areaCode: 206, limit: 2 });
  tell("available.local", { numbers: digits(local) });
  const free = await countries("US").tollFree.list({ limit: 1 });
  tell("available.toll_free", { numbers: digits(free) });

  const taken = client.incomingPhoneNumbers;
  const desk = await taken.create({
    phoneNumber: OURS,
    friendlyName: "front desk",
    voiceUrl: "https://app.example/voice",
    voiceMethod: "GET",
    statusCallback: "https://app.example/status",
  });
  tell("numbers.create", { number: desk.phoneNumber, name: desk.friendlyName, url: desk.voiceUrl });
  const other = await taken.create({ phoneNumber: OURS_TOO });
  tell("numbers.list", { numbers: digits(await taken.list()) });
  const byNumber = await taken.list({ phoneNumber: OURS });
  tell("numbers.list by number", { names: byNumber.map((it) => it.friendlyName) });
  const byName = await taken.list({ friendlyName: "front desk" });
  tell("numbers.list by name", { numbers: digits(byName) });
  tell("numbers.page", { numbers: digits(await twoPages(taken, 1)) });
  tell("numbers.fetch", { method: (await taken(desk.sid).fetch()).voiceMethod });
  const changed = await taken(desk.sid).update({ smsUrl: "https://app.example/sms", voiceUrl: "" });
  tell("numbers.update", { sms: changed.smsUrl, voice: changed.voiceUrl });
  const deleted = [await taken(desk.sid).remove(), await taken(other.sid).remove()];
  tell("numbers.delete", { deleted });
  tell("numbers.list after", { numbers: await taken.list() });
}

async function applications(client) {
  const all = client.applications;
  const names = (items) => items.map((it) => it.friendlyName);
  const made = await all.create({
    friendlyName: "orders",
    smsStatusCallback: "https://app.example/sms",
  });
  tell("applications.create", { name: made.friendlyName, callback: made.smsStatusCallback });
  await all.create({ friendlyName: "spare" });
  tell("applications.list", { names: names(await all.list()) });
  tell("applications.list by name", { count: (await all.list({ friendlyName: "orders" })).length });
  tell("applications.page", { names: names(await twoPages(all, 1)) });
  tell("applications.fetch", { name: (await all(made.sid).fetch()).friendlyName });
  const changed = await all(made.sid).update({ voiceUrl: "https://app.example/voice" });
  tell("applications.update", { voice: changed.voiceUrl, name: changed.friendlyName });
  tell("applications.delete", { deleted: await all(made.sid).remove() });
}

async function messages(client, application) {
  const all = client.messages;
  const bodies = (items) => items.map((it) => it.body);
  const made = await all.create({
    to: THEIRS,
    from: OURS,
    body: "hello",
    statusCallback: `${application.url}/message-1`,
  });
  tell("messages.create", { to: made.to, body: made.body, direction: made.direction });
  await application.wait("/message-1", { MessageStatus: "delivered" });
  const lost = await all.create({
    to: UNREACHABLE,
    from: OURS,
    body: "hello?",
    statusCallback: `${application.url}/message-2`,
  });
  await application.wait("/message-2", { MessageStatus: "undelivered" });
  tell("messages.fetch", { status: (await all(made.sid).fetch()).status });
  const failed = await all(lost.sid).fetch();
  tell("messages.fetch failed", { status: failed.status, code: failed.errorCode });
  tell("messages.list", { bodies: bodies(await all.list()) });
  tell("messages.list by to", { bodies: bodies(await all.list({ to: THEIRS })) });
  tell("messages.list by from", { count: (await all.list({ from: OURS })).length });
  tell("messages.list by date", {
    after: (await all.list({ dateSentAfter: LONG_AGO })).length,
    before: (await all.list({ dateSentBefore: LONG_AGO })).length,
    on: (await all.list({ dateSent: LONG_AGO })).length,
  });
  tell("messages.page", { bodies: bodies(await twoPages(all, 1)) });
  const streamed = [];
  await new Promise((done, fail) => {
    const callback = (it) => streamed.push(it);
    all.each({ pageSize: 1, callback, done: (error) => (error ? fail(error) : done()) });
  });
  tell("messages.stream", { bodies: bodies(streamed) });
  tell("messages.update", { body: (await all(made.sid).update({ body: "" })).body });
  tell("messages.delete", { deleted: await all(lost.sid).remove() });
}

async function media(client, application) {
  const message = await client.messages.create({
    to: THEIRS,
    from: OURS,
    mediaUrl: ["a", "b"].map((name) => `https://app.example/${name}.png`),
    statusCallback: `${application.url}/message-3`,
  });
  await application.wait("/message-3", { MessageStatus: "sent" });
  tell("messages.create with media", { media: Number(message.numMedia) });
  const all = client.messages(message.sid).media;
  const listed = await all.list();
  tell("media.list", { types: listed.map((it) => it.contentType) });
  tell("media.list by date", {
    after: (await all.list({ dateCreatedAfter: LONG_AGO })).length,
    before: (await all.list({ dateCreatedBefore: LONG_AGO })).length,
  });
  tell("media.page", { same: same(sids(await twoPages(all, 1)), sids(listed)) });
  tell("media.fetch", { of: (await all(listed[0].sid).fetch()).parentSid === message.sid });
  const deleted = await all(listed[0].sid).remove();
  tell("media.delete", { deleted, left: (await all.list()).length });
}

async function calls(client, application) {
  const all = client.calls;
  const documents = `${application.url}/documents`;
  const statuses = (items) => items.map((it) => it.status);
  const made = await all.create({
    to: THEIRS,
    from: OURS,
    url: `${documents}/long`,
    statusCallback: `${application.url}/call-1`,
    statusCallbackEvent: EVENTS,
  });
  tell("calls.create", { to: made.to, status: made.status });
  await application.wait("/call-1", { CallStatus: "in-progress" });
  tell("calls.fetch", { status: (await all(made.sid).fetch()).status });
  const sent = await all(made.sid).update({ url: `${documents}/bye`, method: "POST" });
  tell("calls.update url", { status: sent.status });
  await application.wait("/call-1", { CallStatus: "completed" });

  const ended = await all.create({
    to: THEIRS,
    from: OURS_TOO,
    twiml: '<Response><Pause length="3600"/></Response>',
    statusCallback: `${application.url}/call-2`,
    statusCallbackEvent: EVENTS,
  });
  await application.wait("/call-2", { CallStatus: "in-progress" });
  const completed = await all(ended.sid).update({ status: "completed" });
  tell("calls.update completed", { status: completed.status });
  await application.wait("/call-2", { CallStatus: "completed" });

  const unwanted = await all.create({
    to: NEVER_ANSWERS,
    from: OURS,
    url: `${documents}/long`,
    timeout: 600,
    statusCallback: `${application.url}/call-3`,
    statusCallbackEvent: EVENTS,
  });
  await application.wait("/call-3", { CallStatus: "ringing" });
  const canceled = await all(unwanted.sid).update({ status: "canceled" });
  tell("calls.update canceled", { status: canceled.status });
  await application.wait("/call-3", { CallStatus: "canceled" });

  tell("calls.list", { statuses: statuses(await all.list()) });
  tell("calls.list by status", { count: (await all.list({ status: "completed" })).length });
  tell("calls.list by to", { statuses: statuses(await all.list({ to: NEVER_ANSWERS })) });
  tell("calls.list by from", { count: (await all.list({ from: OURS_TOO })).length });
  tell("calls.list by parent", { count: (await all.list({ parentCallSid: made.sid })).length });
  tell("calls.list by start", {
    after: (await all.list({ startTimeAfter: LONG_AGO })).length,
    before: (await all.list({ startTimeBefore: LONG_AGO })).length,
    on: (await all.list({ startTime: LONG_AGO })).length,
  });
  tell("calls.page", { statuses: statuses(await twoPages(all, 2)) });
  const deleted = await all(unwanted.sid).remove();
  tell("calls.delete", { deleted, left: (await all.list()).length });
}

async function recordings(client, application) {
  const call = await client.calls.create({
    to: THEIRS,
    from: OURS,
    url: `${application.url}/documents/long`,
    statusCallback: `${application.url}/call-4`,
    statusCallbackEvent: ["answered"],
  });
  await application.wait("/call-4", { CallStatus: "in-progress" });
  const ofCall = client.calls(call.sid).recordings;
  const places = ["recording-1", "recording-2"];
  const made = [];
  for (const place of places) made.push(await record(ofCall, application, place));
  const first = made[0].sid;
  tell("call recordings.create", { channels: made[0].channels, source: made[0].source });
  tell("call recordings.list", { count: (await ofCall.list()).length });
  tell("call recordings.list by date", await byCreation(ofCall));
  const paged = sids(await twoPages(ofCall, 1));
  tell("call recordings.page", { same: same(paged, sids(made).reverse()) });
  tell("call recordings.fetch", { status: (await ofCall(first).fetch()).status });
  const paused = await ofCall(first).update({ status: "paused", pauseBehavior: "skip" });
  tell("call recordings.update paused", { status: paused.status });
  const resumed = await ofCall(first).update({ status: "in-progress" });
  tell("call recordings.update resumed", { status: resumed.status });
  for (const [index, place] of places.entries()) {
    await ofCall(made[index].sid).update({ status: "stopped" });
    await application.wait(`/${place}`, { RecordingStatus: "completed" });
  }
  await client.calls(call.sid).update({ status: "completed" });

  const all = client.recordings;
  tell("recordings.list", { statuses: (await all.list()).map((it) => it.status) });
  tell("recordings.list by call", { count: (await all.list({ callSid: call.sid })).length });
  tell("recordings.list by date", await byCreation(all));
  tell("recordings.page", { count: (await twoPages(all, 1)).length });
  tell("recordings.fetch", { of: (await all(first).fetch()).callSid === call.sid });
  const one = await ofCall(first).remove();
  tell("call recordings.delete", { deleted: one, left: (await ofCall.list()).length });
  const other = await all(made[1].sid).remove();
  tell("recordings.delete", { deleted: other, left: (await all.list()).length });
}

async function byCreation(list) {
  return {
    after: (await list.list({ dateCreatedAfter: LONG_AGO })).length,
    before: (await list.list({ dateCreatedBefore: LONG_AGO })).length,
  };
}

/** Begins a recording, and waits until it is there. */
async function record(ofCall, application, place) {
  const made = await ofCall.create({
    recordingChannels: "dual",
    recordingTrack: "both",
    trim: "do-not-trim",
    recordingStatusCallback: `${application.url}/${place}`,
    recordingStatusCallbackEvent: RECORDING_EVENTS,
  });
  await application.wait(`/${place}`, { RecordingStatus: "in-progress" });
  return made;
}

async function transcriptions(client, application) {
  const made = [];
  for (const from of [OURS, OURS_TOO]) {
    await client.calls.create({ to: THEIRS, from, url: `${application.url}/documents/voicemail` });
    const transcribed = await application.wait("/transcribed", { From: from });
    await application.wait("/recorded", { RecordingSid: transcribed.RecordingSid });
    made.push(transcribed);
  }
  const all = client.transcriptions;
  const [first, second] = made.map((it) => it.TranscriptionSid);
  tell("transcriptions.list", { statuses: (await all.list()).map((it) => it.status) });
  tell("transcriptions.page", { same: same(sids(await twoPages(all, 1)), [second, first]) });
  const fetched = await all(first).fetch();
  tell("transcriptions.fetch", { text: fetched.transcriptionText === made[0].TranscriptionText });
  const ofRecording = client.recordings(made[1].RecordingSid).transcriptions;
  tell("recording transcriptions.list", { same: same(sids(await ofRecording.list()), [second]) });
  const below = await ofRecording(second).fetch();
  tell("recording transcriptions.fetch", { status: below.status });
  tell("recording transcriptions.delete", { deleted: await ofRecording(second).remove() });
  const deleted = await all(first).remove();
  tell("transcriptions.delete", { deleted, left: (await all.list()).length });
}

/** For the validator alone: neither SDK has anything for 10DLC. */
async function tenDlc(application) {
  const status_callback = `${application.url}/brand`;
  for (const status of ["unverified", "completed"]) {
    await report({ kind: "brand", external_id: "acme", status_callback, status });
  }
  await application.wait("/brand", { state: "completed" });
}

async function errors(client, stranger) {
  const actions = {
    unknown: () => client.messages(UNKNOWN).fetch(),
    refused: () => client.messages.create({ to: THEIRS, from: OURS }),
    "refused call": () => client.calls.create({ to: THEIRS, from: OURS }),
    "wrong token": () => stranger.messages(UNKNOWN).fetch(),
  };
  for (const [name, action] of Object.entries(actions)) {
    try {
      await action();
      tell(`error ${name}`, { status: null });
    } catch (error) {
      tell(`error ${name}`, { status: error.status, code: error.code, more_info: error.moreInfo });
    }
  }
}
