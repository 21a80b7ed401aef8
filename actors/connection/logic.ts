import type { ConnectCommand } from "../../src/core/command.ts";
import { disconnects } from "../../src/core/disconnects.ts";
import type { ClientError } from "../../src/core/errors.ts";
import { takeToken } from "../../src/core/rate.ts";
import { untoldUnsubscribes } from "../../src/core/unsubscribes.ts";
import { closeLabel, countIn } from "../../src/metrics/counters.ts";
import { Backlog } from "./backlog.ts";
import { channelOf } from "./command-log.ts";
import { decide, decideVerdict } from "./decide/command.ts";
import { decideAdmitted, decideConnect } from "./decide/connect.ts";
import { askRefresh, decideExpired, decidePositions, decideRenewal, decideStreamBegun } from "./decide/expiry.ts";
import { decideLatePong, decidePing, decidePong } from "./decide/heartbeat.ts";
import type { ConnectionEvent, HookAnswered, TokenVerified } from "./events.ts";
import { guards, isOvertaking, nextCommand } from "./guards.ts";
import type { Holdable } from "./held.ts";
import { connectionMachine } from "./machine.ts";
import type { Pending } from "./pending.ts";
import { isPendingHook } from "./pending.ts";
import { Performer } from "./perform.ts";
import type { ConnectionPorts, Scope } from "./ports.ts";
import type { ConnectionContext, ConnectionRecord } from "./record.ts";
import { withSharedSnapshots } from "./sharing.ts";

/** What XState gives an action. */
interface Action {
  readonly context: ConnectionContext;
  readonly event: ConnectionEvent;
  readonly self: Scope["self"];
}

const scopeOf = ({ context: { connection }, self }: Action): Scope => ({ connection, self });

/**
 * The connection's machine with its actions made real: an action asks a function of `decide/` what follows and has it
 * performed. Called once per server: 15 us and 2.6 kB a connection, where once per connection would be 75 us and 13.6 kB
 * (measured). What differs between connections travels in `input`.
 */
export function connectionLogic(ports: ConnectionPorts) {
  const performer = new Performer(ports);
  const machine = connectionMachine.provide({
    actions: {
      ...handshakeActions(performer),
      ...commandActions(ports, performer),
      ...timeActions(ports, performer),
      ...endActions(ports, performer),
    },
    guards: {
      // A local broker commits and answers at once: then nothing has to wait.
      isBehindPublishes: ({ context: { connection }, event }) =>
        connection.unanswered > 0 && isOvertaking(nextCommand(connection, event)) && isStillBehind(ports, connection),
    },
  });
  return withSharedSnapshots(machine);
}

/** Who the client is, and what it has from the start. */
function handshakeActions(performer: Performer) {
  return {
    setHandshakeDeadline: (action: Action) => {
      // What is admitted at birth has no handshake.
      if (guards.isAdmittedAtBirth(action)) return;
      performer.setDeadline(scopeOf(action), "handshake", action.context.connection.options.handshakeTimeout);
    },

    authenticate: (action: Action, { command, frame }: { command: ConnectCommand; frame: number }) => {
      const scope = scopeOf(action);
      scope.connection.beginFrame(frame);
      performer.perform(scope, decideConnect(performer.viewOf(scope), command));
    },

    judge: (action: Action, verified: TokenVerified) => {
      const scope = scopeOf(action);
      const pending = scope.connection.takePending();
      const decisions = decideVerdict(performer.viewOf(scope), pending, verified);
      performer.commands.decided(scope.connection, decisions, eventOf(pending));
      performer.perform(scope, decisions);
    },

    /** The authenticator has failed, and this connection with it: the Hub closes it with 3004. */
    fail: (_: Action, { error }: { error: string }) => {
      throw new Error(error);
    },

    refuseConnect: ({ context: { connection } }: Action, { id, error }: { id: number; error: ClientError }) =>
      connection.socket.reply({ id, method: "error", error }),

    answer: (action: Action, { ticket, answer }: HookAnswered) => {
      const scope = scopeOf(action);
      const { connection } = scope;
      const pending = connection.questions?.take(ticket) ?? connection.takePending();
      if (isPendingHook(pending)) performer.answer(scope, pending, answer);
      for (const { id, channel } of connection.questions?.takeDue() ?? []) {
        const command = { method: "unsubscribe", id, channel } as const;
        connection.hold({ type: "client.unsubscribe", command, bytes: 0, frame: connection.frame });
      }
    },

    admit: (action: Action) => {
      const scope = scopeOf(action);
      performer.perform(scope, decideAdmitted(performer.viewOf(scope)));
    },
  };
}

/** What the client asks for, and what a back end orders. */
function commandActions({ clock, timers, broker }: ConnectionPorts, performer: Performer) {
  const { joins } = performer;
  const backlog = new Backlog(timers);

  const run = (action: Action, event: Holdable) => {
    const scope = scopeOf(action);
    const { connection } = scope;
    const ahead = joins.takeAhead(connection, event);
    if ("frame" in event) connection.beginFrame(event.frame);
    const isWithinRate = event.type !== "client.subscribe" || mayTakeSubscribe(connection, clock.monotonic());
    performer.commands.received(connection, event.type, channelOf(event));
    const decisions = decide(performer.viewOf(scope), event, isWithinRate);
    performer.commands.decided(scope.connection, decisions, event);
    if (event.type === "client.publish") performer.performPublish(scope, decisions);
    else performer.perform(scope, decisions, { event, ahead });
  };

  return {
    run: (action: Action) => run(action, action.event as Holdable),
    runHeld: (action: Action) => {
      const event = action.context.connection.held?.take();
      if (event) run(action, event);
    },
    askTurn: (action: Action) => backlog.ask(scopeOf(action)),
    resume: (action: Action) => joins.resume(scopeOf(action)),
    prepareAhead: (action: Action) => joins.prepareAhead(scopeOf(action)),
    lapse: ({ context: { connection } }: Action, { ticket }: { ticket: number }) => {
      const ahead = connection.ahead?.get(ticket);
      if (ahead) ahead.isLapsed = true;
    },
    openLane: ({ context: { connection } }: Action) => connection.socket.openLane(),
    closeLane: ({ context: { connection } }: Action) => connection.socket.closeLane(),
    commitPublishes: ({ context: { connection } }: Action) => {
      // The answer of a hook is held back itself, where it has to come after those of publishes.
      if (connection.unanswered > 0 && !isPendingHook(connection.pending)) broker.flush();
    },
  };
}

/** The command that waited for its token, for the log. */
function eventOf(pending: Pending | null): Holdable | null {
  return pending?.for === "subscribe"
    ? { type: "client.subscribe", command: pending.command, bytes: 0, frame: 0 }
    : null;
}

function mayTakeSubscribe(connection: ConnectionRecord, now: number): boolean {
  return takeToken(connection, now, connection.options.subscribeRate);
}

/** What time does to a connection. */
function timeActions({ clock, broker }: ConnectionPorts, performer: Performer) {
  return {
    ping: (action: Action) => {
      const scope = scopeOf(action);
      performer.perform(scope, decidePing(performer.viewOf(scope), clock.monotonic()));
    },
    awaitPong: (action: Action) => {
      const scope = scopeOf(action);
      performer.perform(scope, decideLatePong(performer.viewOf(scope)));
    },
    notePong: (action: Action) => performer.perform(scopeOf(action), decidePong()),
    askRefresh: (action: Action) => performer.perform(scopeOf(action), askRefresh()),
    expireSubscriptions: (action: Action) => {
      const scope = scopeOf(action);
      performer.perform(scope, decideExpired(performer.viewOf(scope)));
    },
    renewPresence: (action: Action) => performer.perform(scopeOf(action), decideRenewal()),
    checkPositions: (action: Action) => {
      const scope = scopeOf(action);
      const lost = new Set<string>();
      for (const { channel, stream } of scope.connection.subscriptions.values()) {
        if (stream && broker.top(channel, stream.options)?.epoch !== stream.epoch) lost.add(channel);
      }
      performer.perform(scope, decidePositions(performer.viewOf(scope), lost));
    },
    checkStream: (action: Action, { channel, epoch }: { channel: string; epoch: string }) => {
      const scope = scopeOf(action);
      performer.perform(scope, decideStreamBegun(performer.viewOf(scope), channel, epoch));
    },
  };
}

/** How a connection ends: it receives nothing more, what is queued goes out, then the socket closes. */
function endActions({ log, counters, deadlines }: ConnectionPorts, performer: Performer) {
  return {
    endHooks: ({ context: { connection } }: Pick<Action, "context">) => performer.application?.end(connection),
    /**
     * Leaves every channel at once, so that nothing can follow a gap; others see the leave when the connection closes.
     */
    detachAll: ({ context: { connection } }: Action) => {
      for (const channel of connection.subscriptions.keys()) connection.socket.receiver?.detach(channel);
    },
    setFlushDeadline: (action: Action) =>
      performer.setDeadline(scopeOf(action), "flush", action.context.connection.options.flushTimeout),
    closeSocket: ({ context: { connection } }: Action) => connection.socket.close(connection.disconnect),
    depart: ({ context: { connection } }: Pick<Action, "context">) => {
      for (const channel of [...connection.subscriptions.keys()])
        performer.leave(connection, channel, untoldUnsubscribes.disconnected);
      performer.application?.disconnected(connection);
    },
    /** Neither deadlines nor publishes reach an actor that has stopped. */
    cancelDeadlines: ({ context: { connection } }: Pick<Action, "context">) => {
      connection.awaitsPublishes = false;
      for (const deadline of connection.deadlines.splice(0)) deadlines.cancel(deadline);
    },
    reportClosed: ({ context: { connection } }: Action) => {
      const { socket, user, disconnect } = connection;
      const { code, reason } = disconnect;
      countIn(counters.closed, closeLabel(code));
      log.debug("connection.closed", { connection: socket.id, user, address: socket.address, code, reason });
    },
  };
}

/**
 * What a connection that threw can no longer do itself: it leaves its channels, and its deadlines are cancelled. Its
 * socket is the Hub's to close.
 */
export function createAbandon(ports: ConnectionPorts) {
  const { depart, cancelDeadlines, endHooks } = endActions(ports, new Performer(ports));
  return (context: ConnectionContext): void => {
    context.connection.disconnect = disconnects.internal;
    endHooks({ context });
    cancelDeadlines({ context });
    depart({ context });
  };
}

/** Whether publishes stay unanswered when the broker has been asked to commit: hooks may be deciding them. */
function isStillBehind({ broker }: ConnectionPorts, connection: ConnectionRecord): boolean {
  broker.flush();
  return connection.unanswered > 0;
}
