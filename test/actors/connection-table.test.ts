import { describe, expect, test } from "bun:test";
import { transition } from "xstate";
import { type Ending, endings } from "../../actors/connection/endings.ts";
import { type ConnectionEvent, SealedAnswer } from "../../actors/connection/events.ts";
import { connectionMachine as machine } from "../../actors/connection/machine.ts";
import type { ConnectionRecord } from "../../actors/connection/record.ts";
import type { DeadlineName } from "../../actors/deadlines.ts";
import { disconnects } from "../../src/core/disconnects.ts";
import { errors } from "../../src/core/errors.ts";
import { anonymous } from "../../src/core/identity.ts";
import { SealedPayload, Token } from "../../src/core/sealed.ts";
import { unsubscribes } from "../../src/core/unsubscribes.ts";
import { type EventName, type State, table } from "./connection-table.ts";
import { clientEvent, connectCommand, publishCommand, record, subscribeCommand } from "./connection-values.ts";

const late = (deadline: DeadlineName): ConnectionEvent => ({ type: "deadline.expired", deadline });
const token = new Token("t");
const byChannel = { id: 4, channel: "news" };

const ended = Object.fromEntries(Object.keys(endings).map((type) => [type, { type }])) as {
  [Type in Ending]: { readonly type: Type };
};

/** An event of each name. */
const events: Readonly<Record<EventName, ConnectionEvent>> = {
  "client.connect": clientEvent({ ...connectCommand, token }),
  "client.subscribe": clientEvent(subscribeCommand),
  "client.unsubscribe": clientEvent({ method: "unsubscribe", ...byChannel }),
  "client.publish": clientEvent(publishCommand),
  "client.presence": clientEvent({ method: "presence", ...byChannel }),
  "client.presence_stats": clientEvent({ method: "presence_stats", ...byChannel }),
  "client.history": clientEvent({ method: "history", ...byChannel, limit: 0, since: null, reverse: false }),
  "client.rpc": clientEvent({ method: "rpc", id: 4, name: "m", data: null }),
  "client.send": clientEvent({ method: "send", id: 0, data: null }),
  "client.refresh": clientEvent({ method: "refresh", id: 4, token }),
  "client.sub_refresh": clientEvent({ method: "sub_refresh", ...byChannel, token }),
  "client.pong": clientEvent({ method: "pong" }),
  "client.limited": { type: "client.limited", id: 4, bytes: 1, frame: 1 },
  "client.malformed": { type: "client.malformed", bytes: 1, frame: 1 },
  ...ended,
  "hub.admitted": { type: "hub.admitted" },
  "hub.disconnect": { type: "hub.disconnect", disconnect: disconnects.shutdown },
  "hub.subscribe": { type: "hub.subscribe", request: { channel: "news", expireAt: null, since: null } },
  "hub.unsubscribe": { type: "hub.unsubscribe", channel: "news", unsubscribe: unsubscribes.server },
  "hub.refresh": { type: "hub.refresh", expireAt: null },
  "hub.message": { type: "hub.message", data: new SealedPayload({ kind: "json", json: "1" }) },
  "token.verified": { type: "token.verified", ticket: 1, purpose: "connect", verdict: { ok: true, value: anonymous } },
  "token.presented": { type: "token.presented" },
  "verification.failed": { type: "verification.failed", ticket: 1, error: "defect" },
  "connect.refused": { type: "connect.refused", id: 1, refusal: "expired" },
  "connect.rejected": { type: "connect.rejected", id: 1, error: errors.permissionDenied },
  "hook.answered": { type: "hook.answered", ticket: 1, answer: new SealedAnswer({ kind: "none" }) },
  "hook.disconnected": { type: "hook.disconnected", disconnect: { code: 4000, reason: "bye" } },
  "connect.deferred": { type: "connect.deferred" },
  "command.deferred": { type: "command.deferred" },
  "engine.ready": { type: "engine.ready", ticket: 1 },
  "query.answered": { type: "query.answered", ticket: 1 },
  "publish.answered": { type: "publish.answered" },
  "turn.came": { type: "turn.came" },
  "stream.begun": { type: "stream.begun", channel: "news", epoch: "abcdefgh" },
  "handler.failed": { type: "handler.failed" },
  "socket.closed": { type: "socket.closed", disconnect: disconnects.connectionClosed },
  "socket.drained": { type: "socket.drained" },
  "socket.flooded": { type: "socket.flooded" },
  "socket.oversized": { type: "socket.oversized" },
  "socket.slow": { type: "socket.slow" },
  "late handshake": late("handshake"),
  "late ping": late("ping"),
  "late pong": late("pong"),
  "late expiry": late("expiry"),
  "late subscriptions": late("subscriptions"),
  "late positions": late("positions"),
  "late presence": late("presence"),
  "late flush": late("flush"),
};

/** The record of a connection that rests in the state. */
function recordIn(state: State): ConnectionRecord {
  // Once it drains, something has to be unsent, or it is closed at once.
  const isPast = state === "draining";
  const connection = record("centrifuge", isPast ? 1 : 0);
  connection.pingedAt = 1;
  if (/verifying|connecting|waiting/.test(state)) connection.waitFor({ for: "query" });
  if (state === "authenticated.releasing") {
    connection.hold({ type: "hub.refresh", expireAt: null });
    connection.hold({ type: "hub.refresh", expireAt: null });
  }
  return connection;
}

function stateValue(state: State) {
  const [outer = "", inner] = state.split(".");
  return (inner === undefined ? outer : { [outer]: inner }) as Parameters<typeof machine.resolveState>[0]["value"];
}

function nameOf(value: string | object): string {
  return typeof value === "string" ? value : Object.entries(value).flat().join(".");
}

/** Actions of entry and exit, which follow from the state alone. */
const ofStates = new Set(
  [
    "setHandshakeDeadline",
    "endHooks",
    "forgetCommands",
    "admit",
    "openLane",
    "closeLane",
    "awaitPublishes",
    "commitPublishes",
  ].concat([
    "forgetPublishes",
    "detachAll",
    "setFlushDeadline",
    "closeSocket",
    "depart",
    "cancelDeadlines",
    "reportClosed",
  ]),
);

describe.each(Object.keys(table) as State[])("a connection in %s", (state) => {
  test.each(Object.keys(events) as EventName[])("does what the table says of %s", (name) => {
    const expected = table[state][name];
    const before = machine.resolveState({ value: stateValue(state), context: { connection: recordIn(state) } });
    const [after, actions] = state === "closed" ? [before, []] : transition(machine, before, events[name]);
    const own = actions.filter(({ type }) => !ofStates.has(type));
    const isEntry = (type: string) =>
      expected.to !== "the same" && ((type === "prepareAhead" && /waiting/.test(expected.to)) || type === "askTurn");
    const code = own.flatMap(({ type, params }) =>
      type === "noteDisconnect" ? [(params as { disconnect: { code: number } }).disconnect.code] : [],
    );
    // With nothing unsent a connection that drains is closed in the same step.
    const to = expected.to === "draining" ? "closed" : expected.to;
    expect({
      at: nameOf(after.value),
      does: own.map(({ type }): string => type).filter((type) => !isEntry(type)),
      code,
    }).toEqual({
      at: to === "the same" ? state : to,
      does: [...expected.does],
      code: expected.code === undefined ? [] : [expected.code],
    });
  });
});
