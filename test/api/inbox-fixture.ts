import type { Inbox } from "../../src/messages/inbox.ts";
import type { Api } from "../support/api.ts";
import { CentrifugeProbe, type Heard } from "../support/centrifuge-probe.ts";
import type { JsonObject } from "../support/json.ts";
import { tokenFor } from "../support/open-channels.ts";

/** Sends that promise one or the other to ann. */
export const acknowledged = { user: "ann", until: "acknowledged" };
export const delivered = { user: "ann", until: "delivered" };
/** No ping proves anything by chance. */
export const quiet = { client: { ping_interval: "1h", pong_timeout: "10s" } };

type Entry = Readonly<Record<string, unknown>>;

/** A message as it was pushed. */
export const push = (id: string, data: unknown) => ({ push: { message: { data: { id, data } } } }) as unknown as Heard;

/** Sends; what came of it. */
export async function send(api: Api, body: object): Promise<{ id: string; connections: number; queued: boolean }> {
  const { json } = await api.call("send", body);
  if (json.error) throw new Error(json.error.message);
  return json.result;
}

/** A connection of ann on a device that the connect data names. */
export const onDevice = (api: Api, device: string, claims: object = {}) =>
  CentrifugeProbe.connect(api.ws, { token: tokenFor({ sub: "ann", ...claims }), data: { device } });

/** An inbox with other methods in the place of some. */
export const inboxWith = (own: Inbox, methods: Partial<Inbox>): Inbox => ({
  append: (message) => own.append(message),
  take: (take) => own.take(take),
  owed: (device, ids) => own.owed(device, ids),
  settle: (device, ids, how) => own.settle(device, ids, how),
  sweep: () => own.sweep(),
  remember: (key, answer) => own.remember(key, answer),
  recall: (key) => own.recall(key),
  listen: (appended) => own.listen(appended),
  ...methods,
});

/** Acknowledges; the answer. */
export const acknowledge = (probe: CentrifugeProbe, ids: readonly string[], more: JsonObject = {}) =>
  probe.ask("rpc", { method: "chorus:ack", data: { ids: [...ids], ...more } });

/** The outcomes of a message, oldest first; asked for until there are so many. */
export async function outcomes(api: Api, id: string, count: number): Promise<Entry[]> {
  for (;;) {
    const { entries } = (await api.call("push_log", { id })).json.result as { entries: Entry[] };
    if (entries.length >= count) return entries.toReversed();
    api.node.sweep();
    await new Promise((resolve) => setImmediate(resolve));
  }
}
