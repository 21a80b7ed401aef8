import * as v from "valibot";
import { channel, contract, rpc } from "../contract/contract.ts";

/** Names of channels that belong to the console: no client, token, key or pattern of the server reaches them. */
export const reservedPrefix = "chorus:";

/** What the server sends to the pages was made by the server itself. */
const sent = v.any();

const name = v.pipe(v.string(), v.maxLength(1_024));

/** The messages between the pages of the console and the server. */
export const consoleContract = contract({
  connect: v.nullish(v.object({ name: v.pipe(v.string(), v.maxLength(64)) })),
  channels: {
    overview: channel("chorus:overview", { data: sent }),
    connection: channel("chorus:connection:{id}", { data: sent }),
    channel: channel("chorus:channel:{name}", { data: sent }),
    log: channel("chorus:log", { data: sent }),
  },
  calls: {
    search: rpc({
      input: v.object({ by: v.picklist(["user", "id", "channel", "address"]), text: name }),
      output: sent,
    }),
    disconnect: rpc({ input: v.object({ connection: name }), output: v.object({}) }),
    unsubscribe: rpc({ input: v.object({ connection: name, channel: name }), output: v.object({}) }),
    history: rpc({ input: v.object({ channel: name }), output: sent }),
    publish: rpc({ input: v.object({ channel: name, data: v.any() }), output: sent }),
    messages: rpc({ input: v.object({}), output: sent }),
    log: rpc({ input: v.object({}), output: sent }),
  },
});
