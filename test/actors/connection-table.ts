import type { Ending } from "../../actors/connection/endings.ts";
import type { ConnectionEvent } from "../../actors/connection/events.ts";

/** Every state in which a connection can rest. */
export type State =
  | "handshaking.awaiting"
  | "handshaking.verifying"
  | "handshaking.refused"
  | "authenticated.connecting"
  | "authenticated.ready"
  | "authenticated.verifying"
  | "authenticated.waiting"
  | "authenticated.releasing"
  | "draining"
  | "closed";

/** Every event; a deadline and a capability make an event another one where the machine tells them apart. */
export type EventName = Exclude<ConnectionEvent["type"], "deadline.expired"> | `late ${Late}`;
type Late = "handshake" | "ping" | "pong" | "expiry" | "subscriptions" | "positions" | "presence" | "flush";

/** Where an event leads, and what the machine does of itself: the actions of transitions, not those of entry and exit. */
export interface Expectation {
  readonly to: State | "the same";
  readonly does: readonly string[];
  /** The close code, where it ends the connection. */
  readonly code?: number;
}

const ignored: Expectation = { to: "the same", does: [] };
const does = (...names: string[]): Expectation => ({ to: "the same", does: names });
const goes = (to: State, ...names: string[]): Expectation => ({ to, does: names });
const ends = (code: number): Expectation => ({ to: "draining", does: ["noteDisconnect"], code });
const held = does("hold");

/** A row without a cell is an error of the compiler. */
type Row = Record<EventName, Expectation>;

const closes: Record<Ending, Expectation> = {
  "token.rejected": ends(3500),
  "token.outdated": ends(3005),
  "subscriptions.differ": ends(3010),
  "subscription.expired": ends(3006),
  "position.lost": ends(3010),
  "channel.forbidden": ends(3507),
  "channel.failed": ends(3004),
  "channels.exceeded": ends(3505),
  "channel.withdrawn": ends(3503),
  "channel.interrupted": ends(3010),
  "publishes.refused": ends(3507),
  "expiry.passed": ends(3005),
  "credentials.expired": ends(3005),
  "command.unexpected": ends(3501),
  "command.unavailable": ends(3508),
  "frame.malformed": ends(3501),
};

const clients = {
  "client.connect": ignored,
  "client.subscribe": ignored,
  "client.unsubscribe": ignored,
  "client.publish": ignored,
  "client.presence": ignored,
  "client.presence_stats": ignored,
  "client.history": ignored,
  "client.rpc": ignored,
  "client.send": ignored,
  "client.refresh": ignored,
  "client.sub_refresh": ignored,
  "client.pong": ignored,
  "client.limited": ignored,
  "client.malformed": ignored,
} satisfies Partial<Row>;

/** The same for everything that a client can send. */
function allClients(expectation: Expectation): Record<keyof typeof clients, Expectation> {
  const entries = Object.keys(clients).map((name) => [name, expectation]);
  return Object.fromEntries(entries);
}

/** What is ignored wherever nothing else is said: an ending is a decision of a connection that was let in. */
const nothing: Row = {
  ...clients,
  ...(Object.fromEntries(Object.keys(closes).map((name) => [name, ignored])) as typeof closes),
  "hub.admitted": ignored,
  "hub.disconnect": ignored,
  "hub.subscribe": ignored,
  "hub.unsubscribe": ignored,
  "hub.refresh": ignored,
  "hub.message": ignored,
  "token.verified": ignored,
  "token.presented": ignored,
  "verification.failed": ignored,
  "connect.refused": ignored,
  "connect.rejected": ignored,
  "hook.answered": ignored,
  "hook.disconnected": ignored,
  "connect.deferred": ignored,
  "command.deferred": ignored,
  "engine.ready": ignored,
  "query.answered": ignored,
  "publish.answered": ignored,
  "turn.came": ignored,
  "stream.begun": ignored,
  "handler.failed": ignored,
  "socket.closed": ignored,
  "socket.drained": ignored,
  "socket.flooded": ignored,
  "socket.oversized": ignored,
  "socket.slow": ignored,
  "late handshake": ignored,
  "late ping": ignored,
  "late pong": ignored,
  "late expiry": ignored,
  "late subscriptions": ignored,
  "late positions": ignored,
  "late presence": ignored,
  "late flush": ignored,
};

/** True before `draining`, in every state. */
const open: Row = {
  ...nothing,
  "hub.disconnect": ends(3001),
  "hook.disconnected": ends(4000),
  "handler.failed": ends(3004),
  "socket.closed": { to: "closed", does: ["noteDisconnect"], code: 3000 },
  "socket.flooded": ends(3013),
  "socket.oversized": ends(1009),
  "socket.slow": ends(3008),
};

const handshaking: Row = { ...open, "late handshake": ends(3502) };

const authenticated: Row = {
  ...open,
  ...closes,
  "connect.deferred": goes("authenticated.connecting"),
  "stream.begun": does("checkStream"),
  "engine.ready": does("lapse"),
  "hub.subscribe": does("run"),
  "hub.unsubscribe": does("run"),
  "hub.refresh": does("run"),
  "hub.message": does("run"),
  "late handshake": ends(3502),
  "late ping": does("ping"),
  "late pong": ends(3012),
  "late expiry": ends(3005),
  "late subscriptions": does("expireSubscriptions"),
  "late positions": does("checkPositions"),
  "late presence": does("renewPresence"),
};

const pong = { "client.pong": does("notePong") };

/**
 * Every state with every event. Each state is looked at with a ping that is open, an answer with ticket 1 awaited where
 * the state waits for one, and two held commands in `releasing`; other conditions have tests of their own.
 */
export const table: Readonly<Record<State, Row>> = {
  "handshaking.awaiting": {
    ...handshaking,
    ...allClients(ends(3501)),
    "client.connect": goes("handshaking.verifying", "authenticate"),
  },
  "handshaking.verifying": {
    ...handshaking,
    ...allClients(held),
    "token.verified": does("judge"),
    "verification.failed": does("fail"),
    "connect.refused": goes("handshaking.refused", "refuseConnect"),
    "connect.rejected": goes("handshaking.refused", "refuseConnect"),
    "hook.answered": does("answer"),
    "hub.admitted": goes("authenticated.ready"),
  },
  "handshaking.refused": handshaking,
  "authenticated.connecting": {
    ...authenticated,
    ...allClients(held),
    ...pong,
    "engine.ready": goes("authenticated.ready", "resume"),
    "hook.answered": goes("authenticated.ready", "answer"),
    "hub.subscribe": held,
    "hub.unsubscribe": held,
    "hub.refresh": held,
    "hub.message": held,
  },
  "authenticated.ready": {
    ...authenticated,
    ...allClients(does("run")),
    ...pong,
    "token.presented": goes("authenticated.verifying"),
    "command.deferred": goes("authenticated.waiting"),
  },
  "authenticated.verifying": {
    ...authenticated,
    ...allClients(held),
    ...pong,
    "token.verified": goes("authenticated.ready", "judge"),
    "verification.failed": does("fail"),
  },
  "authenticated.waiting": {
    ...authenticated,
    ...allClients(held),
    ...pong,
    "client.subscribe": does("hold", "prepareAhead"),
    "engine.ready": goes("authenticated.ready", "resume"),
    "hook.answered": goes("authenticated.ready", "answer"),
    "query.answered": goes("authenticated.ready", "forgetPending"),
    "hub.subscribe": held,
  },
  "authenticated.releasing": {
    ...authenticated,
    ...allClients(held),
    ...pong,
    "token.presented": goes("authenticated.verifying"),
    "command.deferred": goes("authenticated.waiting"),
    "turn.came": does("runHeld", "askTurn"),
  },
  /** An actor that is done is given no events. */
  closed: nothing,
  draining: { ...nothing, "socket.closed": goes("closed"), "late flush": goes("closed") },
};
