import { centrifuge } from "./centrifuge.ts";
import type { Counting, Speech } from "./speech.ts";

const json = centrifuge("walk");

/** A field of Protobuf that has a length: a text, or a message. */
function field(number: number, value: string | Uint8Array): Buffer {
  const bytes = Buffer.from(value);
  if (bytes.length > 127) throw new Error("a field of more than 127 bytes");
  return Buffer.concat([Buffer.of((number << 3) | 2, bytes.length), bytes]);
}

/** A command of the Centrifuge protocol in Protobuf, with its length before it. */
function command(id: number, method: number, request: Uint8Array): Buffer {
  const message = Buffer.concat([Buffer.of(1 << 3, id), field(method, request)]);
  return Buffer.concat([Buffer.of(message.length), message]);
}

/** The numbers of `connect` and `subscribe` in `Command` of client.proto. */
const connect = 4;
const subscribe = 5;

/** How the reply to the second command begins that is no error: its id, and the field `subscribe` of `Reply`. */
const subscribed = String.fromCharCode(1 << 3, 2, (6 << 3) | 2);

/** Receivers in Protobuf; who publishes speaks JSON, so that the rows differ in what is delivered alone. */
export const protobuf: Speech = {
  ...json,
  name: "protobuf",
  receiver: {
    ...json,
    target: () => "/connection/websocket?format=protobuf",
    joinFrames: (channel) => [
      Buffer.concat([command(1, connect, Buffer.alloc(0)), command(2, subscribe, field(1, channel))]),
    ],
    isGreeted: (text) => text.includes(subscribed),
  },
};

/** Receivers of server-sent events; who publishes is on a WebSocket. */
export const eventStream: Speech = {
  ...json,
  name: "sse",
  counting: "events",
  receiver: {
    ...json,
    counting: "events",
    isStream: true,
    target: (channel) => `/connection/sse?cf_connect=${encodeURIComponent(json.joinFrames(channel).join("\n"))}`,
    joinFrames: () => [],
  },
};

/** How many filters the receivers of `filtered` have, in turn. */
const filters = 10;

/** Receivers with one of ten filters by tags, all of which let everything pass. */
export function filtered(counting: Counting): Speech {
  let joined = 0;
  const receiver: Speech = {
    ...json,
    counting,
    joinFrames: (channel) => {
      joined += 1;
      const leaf = { key: `tag${joined % filters}`, cmp: "eq", val: "other" };
      const request = { channel, tf: { op: "not", nodes: [leaf] } };
      return [`{"id":1,"connect":{}}\n${JSON.stringify({ id: 2, subscribe: request })}`];
    },
  };
  return { ...json, name: "filtered", counting, receiver };
}
