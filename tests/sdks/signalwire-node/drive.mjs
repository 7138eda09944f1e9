// Drives `ringback dev` with npm `@signalwire/compatibility-api`, as docs/sdks.md sets it up.

import { RestClient } from "@signalwire/compatibility-api";

import { HOST, KEY, PROJECT, TOKEN, parameters } from "../node/application.mjs";
import { drive } from "../node/operations.mjs";

const clientWith = (token) => RestClient(PROJECT, token, { signalwireSpaceUrl: HOST });

const verified = (callback) => {
  const signature = callback.headers["x-signalwire-signature"];
  // The last: it warns that what was tampered with may be another product's.
  return RestClient.validateRequest(KEY, signature, callback.url, parameters(callback), true);
};

await drive(clientWith(TOKEN), clientWith("wrong"), verified);
