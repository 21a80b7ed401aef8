/** A line of the server, and what breaks it. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** What is replaced: it is in the file once. */
  readonly find: string;
  readonly by: string;
}

const broker = "src/broker/local/ordered-broker.ts";
const perform = "actors/connection/perform.ts";

/** What the model has to find. */
export const mutants: readonly Mutant[] = [
  {
    name: "delivered before it is committed",
    file: broker,
    find: "    store.commit();\n    return true;",
    by: "    for (const waiting of group.splice(0)) this.#settleOne(waiting);\n    store.commit();\n    return true;",
  },
  {
    name: "a failed commit is acknowledged",
    file: broker,
    find: "waiting.refused = !committed && this.#isGrouped(waiting.draft);",
    by: "waiting.refused = false;",
  },
  {
    name: "joined without the group that waits",
    file: broker,
    find: "    this.#settle(channel);\n    const joined =\n",
    by: "    const joined =\n",
  },
  {
    name: "an offset is given twice",
    file: "src/broker/local/memory.ts",
    find: "publicationOf(draft, stream.top + 1, stream.epoch,",
    by: "publicationOf(draft, Math.max(stream.top, 1), stream.epoch,",
  },
  {
    name: "recovered without proof",
    file: "src/broker/local/recovery.ts",
    find: "  if (offset + 1 < stream.first || missed > since.publicationsMax) return null;\n  return stream.read(offset + 1,",
    by: "  if (missed > since.publicationsMax) return null;\n  return stream.read(Math.max(offset + 1, stream.first),",
  },
  {
    name: "another epoch is believed",
    file: "src/broker/local/recovery.ts",
    find: 'return epoch === "" || epoch === stream.epoch;',
    by: "return epoch === epoch || stream.epoch === epoch;",
  },
  {
    name: "one publication less is kept",
    file: "src/broker/local/sqlite-store.ts",
    find: "offset - options.size + 1)",
    by: "offset - options.size + 2)",
  },
  {
    name: "attached after the join",
    file: perform,
    find: "        connection.socket.receiver?.attach(subscription, decision.base);",
    by: "        setImmediate(() => connection.socket.receiver?.attach(subscription, decision.base));",
  },
  {
    name: "publications before the reply to subscribe",
    file: "actors/connection/decide/joined.ts",
    find: '      return [attach, reply({ id, method: "subscribe", result }), ...entered(view, subscription)];',
    by: '      return [...entered(view, subscription), reply({ id, method: "subscribe", result }), attach];',
  },
  {
    name: "replies that overtake",
    file: "actors/connection/record.ts",
    find: "    if (number !== this.answered + 1) {",
    by: "    if (number < 0) {",
  },
  {
    name: "left and not detached",
    file: perform,
    find: "    connection.subscriptions.delete(channel);\n    connection.socket.receiver?.detach(channel);\n",
    by: "    connection.subscriptions.delete(channel);\n",
  },
  {
    name: "presence left behind",
    file: "src/presence/presence-events.ts",
    find: "if (visibility.presence) presence.leave(channel, info.client);",
    by: "",
  },
  {
    name: "subscribed without a right",
    file: "src/channels/permissions.ts",
    find: "asker.type === typeStream && (asker.token || isOpen(channel, asker.user, insecure))",
    by: "asker.type === typeStream",
  },
  {
    name: "a subscription outlives its token",
    file: "actors/connection/decide/expiry.ts",
    find: "delay: milliseconds(Math.max(0, delay))",
    by: "delay: milliseconds(60_000 + Math.max(0, delay))",
  },
  {
    name: "a lost place is not told",
    file: "actors/connection/decide/expiry.ts",
    find: "const isLost = subscription?.stream && subscription.stream.epoch !== epoch;",
    by: "const isLost = subscription?.stream && subscription.stream.epoch === null;",
  },
];
