// Drives `ringback dev` with npm `twilio`, as docs/sdks.md sets it up.

import twilio from "twilio";

import { ADDRESS, ALIAS, KEY, TOKEN, isJson, parameters } from "../node/application.mjs";
import { drive } from "../node/operations.mjs";

/** Sends to Ringback what is meant for Twilio. The CA is named by NODE_EXTRA_CA_CERTS. */
class RingbackClient extends twilio.RequestClient {
  request(options) {
    const uri = options.uri.replace("https://api.twilio.com", ADDRESS);
    return super.request({ ...options, uri });
  }
}

const clientWith = (token) => twilio(ALIAS, token, { httpClient: new RingbackClient() });

const verified = (callback) => {
  const signature = callback.headers["x-twilio-signature"];
  if (isJson(callback)) {
    return twilio.validateRequestWithBody(KEY, signature, callback.url, callback.body);
  }
  return twilio.validateRequest(KEY, signature, callback.url, parameters(callback));
};

await drive(clientWith(TOKEN), clientWith("wrong"), verified);
