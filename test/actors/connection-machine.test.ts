import { describe, expect, test } from "bun:test";
import { createActor, initialTransition, type SnapshotFrom, transition } from "xstate";
import { getShortestPaths } from "xstate/graph";
import type { Refusal } from "../../actors/connection/endings.ts";
import type { ConnectionEvent } from "../../actors/connection/events.ts";
import { connectionMachine as machine } from "../../actors/connection/machine.ts";
import type { ConnectionRecord } from "../../actors/connection/record.ts";
import { withSharedSnapshots } from "../../actors/connection/sharing.ts";
import { bareRequest } from "../../actors/connection/subscription.ts";
import { disconnects } from "../../src/core/disconnects.ts";
import { Token } from "../../src/core/sealed.ts";
import {
  clientEvent,
  connectCommand,
  heldMax,
  options,
  publishCommand,
  record,
  subscribeCommand,
} from "./connection-values.ts";

const connect = clientEvent({ ...connectCommand, token: new Token("t") });
const admitted: ConnectionEvent = { type: "hub.admitted" };
const publish = clientEvent(publishCommand);
const subscribe = clientEvent(subscribeCommand);
const pong = clientEvent({ method: "pong" });
const closed: ConnectionEvent = { type: "socket.closed", disconnect: disconnects.connectionClosed };
const late = (deadline: "handshake" | "pong"): ConnectionEvent => ({ type: "deadline.expired", deadline });

const inputOf = ({ socket }: ConnectionRecord) => ({ socket, options });

/** Feeds events to the pure machine; what its actions would have done comes back by name, with the close code. */
function run(protocol: "plain" | "centrifuge", ...events: ConnectionEvent[]) {
  let [snapshot, actions] = initialTransition(machine, inputOf(record(protocol)));
  for (const event of events) [snapshot, actions] = transition(machine, snapshot, event);
  const end = actions.find(({ type }) => type === "noteDisconnect")?.params as { disconnect: object } | undefined;
  return { names: actions.map(({ type }) => type), at: place(snapshot), disconnect: end?.disconnect };
}

/** An actor of the machine whose held commands are taken and not run. */
function start(protocol: "plain" | "centrifuge") {
  const taking = machine.provide({ actions: { runHeld: ({ context }) => void context.connection.held?.take() } });
  const actor = createActor(taking, { input: inputOf(record(protocol)) });
  actor.start();
  const { connection } = actor.getSnapshot().context;
  return { actor, connection, at: () => place(actor.getSnapshot()) };
}

function place({ value }: SnapshotFrom<typeof machine>): string {
  return typeof value === "string" ? value : Object.entries(value).flat().join(".");
}

describe("the connection machine", () => {
  test("[CN1] a connection begins by waiting for its credentials, under a deadline that traffic does not extend", () => {
    const begun = run("centrifuge");
    expect([begun.at, begun.names]).toEqual(["handshaking.awaiting", ["setHandshakeDeadline"]]);
    const { names, at } = run("centrifuge", connect, publish, publish);
    expect(at).toBe("handshaking.verifying");
    expect(names).not.toContain("setHandshakeDeadline");
    expect(run("centrifuge", connect, publish, late("handshake")).disconnect).toEqual(disconnects.stale);
  });

  test("an anonymous connect without channels is admitted by one event, and any other is verified first", () => {
    const { at, names } = run("centrifuge", clientEvent(connectCommand));
    expect([at, names]).toEqual(["authenticated.ready", ["identifyAnonymous", "admit", "openLane"]]);
    const withChannels = { ...connectCommand, subs: new Map([["news", bareRequest]]) };
    expect(run("centrifuge", clientEvent(withChannels)).at).toBe("handshaking.verifying");
    expect(run("centrifuge", connect).at).toBe("handshaking.verifying");
  });

  test("a client that sends no connect is admitted at birth where it may be anonymous", () => {
    const { socket } = record("plain");
    const born = (connect: typeof connectCommand) => {
      const [snapshot, actions] = initialTransition(machine, { socket, options, connect });
      return [place(snapshot), actions.map(({ type }) => String(type))];
    };
    const admittedNames = ["setHandshakeDeadline", "identifyAtBirth", "admit", "openLane"];
    expect(born(connectCommand)).toEqual(["authenticated.ready", admittedNames]);
    expect(born({ ...connectCommand, token: new Token("t") })).toEqual([
      "handshaking.awaiting",
      ["setHandshakeDeadline"],
    ]);
  });

  test("connections share the initial snapshot, and nothing else", () => {
    const deadlines: unknown[] = [];
    const logic = withSharedSnapshots(
      machine.provide({ actions: { setHandshakeDeadline: ({ context, self }) => deadlines.push([context, self]) } }),
    );
    const actors = [1, 2].map(() => createActor(logic, { input: inputOf(record("centrifuge")) }).start());
    const [first, second] = actors.map((actor) => actor.getSnapshot());
    expect(first?.context.connection).not.toBe(second?.context.connection as ConnectionRecord);
    expect(deadlines).toEqual(actors.map((self) => [self.getSnapshot().context, self]));
    actors[0]?.send(clientEvent(connectCommand));
    expect(actors.map((actor) => place(actor.getSnapshot()))).toEqual(["authenticated.ready", "handshaking.awaiting"]);
  });

  test("[CN2] nothing but connect is heard before the credentials: 3501", () => {
    for (const event of [publish, subscribe]) {
      expect(run("centrifuge", event)).toMatchObject({ at: "closed", disconnect: disconnects.badRequest });
    }
  });

  test.each([
    ["missing", disconnects.badRequest],
    ["invalid", disconnects.invalidToken],
    ["anonymous", disconnects.permissionDenied],
    ["too many channels", disconnects.channelLimit],
  ] as [Refusal, object][])("[CN6] a refusal for %s ends any connection", (refusal, disconnect) => {
    for (const protocol of ["plain", "centrifuge"] as const) {
      expect(run(protocol, connect, { type: "connect.refused", id: 1, refusal }).disconnect).toEqual(disconnect);
    }
  });

  test.each([
    ["expired", disconnects.connectionExpired],
    ["passed", disconnects.connectionExpired],
    ["unavailable", disconnects.internal],
    ["bad channel", disconnects.badRequest],
    ["unknown channel", disconnects.badRequest],
  ] as [Refusal, object][])(
    "[CN7] a refusal for %s is an error to a client that reads one, and then nothing has an effect",
    (refusal, disconnect) => {
      const refused: ConnectionEvent = { type: "connect.refused", id: 1, refusal };
      expect(run("plain", connect, refused).disconnect).toEqual(disconnect);
      const { at, names } = run("centrifuge", connect, refused);
      expect([at, names]).toEqual(["handshaking.refused", ["refuseConnect", "forgetCommands"]]);
      const malformed: ConnectionEvent = { type: "client.malformed", bytes: 1, frame: 2 };
      expect(run("centrifuge", connect, refused, connect, malformed).at).toBe("handshaking.refused");
      expect(run("centrifuge", connect, refused, late("handshake")).disconnect).toEqual(disconnects.stale);
    },
  );

  test("what a client may have held is bounded, in commands and in bytes: 3013", () => {
    const { actor, connection, at } = start("plain");
    actor.send(connect);
    for (let count = 0; count < heldMax.commands; count += 1) actor.send(clientEvent(publishCommand, 1));
    expect([at(), connection.heldCount]).toEqual(["handshaking.verifying", heldMax.commands]);
    actor.send(clientEvent(publishCommand, 1));
    expect([at(), connection.disconnect]).toEqual(["closed", disconnects.tooManyRequests]);

    const large = start("plain");
    large.actor.send(connect);
    large.actor.send(clientEvent(publishCommand, heldMax.bytes));
    expect(large.at()).toBe("handshaking.verifying");
    large.actor.send(clientEvent(publishCommand, 1));
    expect(large.connection.disconnect).toEqual(disconnects.tooManyRequests);
  });

  test("held commands are released before new ones are run, and the lane is closed meanwhile", () => {
    const { actor, connection, at } = start("centrifuge");
    for (const event of [connect, publish, subscribe, admitted]) actor.send(event);
    expect(at()).toBe("authenticated.releasing");
    actor.send(publish);
    expect(connection.heldCount).toBe(3);
    expect(connection.held?.first).toEqual(publish as never);
  });

  test("[CN4] held commands are taken one a turn, and the lane opens again behind the last", () => {
    const { actor, connection, at } = start("centrifuge");
    for (const event of [connect, subscribe, publish, admitted]) actor.send(event);
    actor.send({ type: "turn.came" });
    expect([at(), connection.heldCount]).toEqual(["authenticated.releasing", 1]);
    actor.send({ type: "turn.came" });
    expect([at(), connection.heldCount]).toEqual(["authenticated.ready", 0]);
  });

  test("a pong that no ping asked for ends the connection with 3501, in every state", () => {
    for (const events of [[], [{ type: "token.presented" }], [{ type: "command.deferred" }]] as ConnectionEvent[][]) {
      const { disconnect } = run("centrifuge", connect, admitted, ...events, pong);
      expect(disconnect).toEqual(disconnects.badRequest);
    }
  });

  test("a late answer changes nothing", () => {
    const { actor, connection, at } = start("centrifuge");
    for (const event of [connect, admitted, { type: "command.deferred" }] as ConnectionEvent[]) actor.send(event);
    connection.waitFor({ for: "query" });
    for (const type of ["engine.ready", "query.answered"] as const) actor.send({ type, ticket: 0 });
    expect(at()).toBe("authenticated.waiting");
    actor.send({ type: "query.answered", ticket: connection.ticket });
    expect(at()).toBe("authenticated.ready");
  });

  test("a command waits while publishes are not answered, and nothing of publishes waits", () => {
    const { actor, connection, at } = start("centrifuge");
    for (const event of [connect, admitted]) actor.send(event);
    connection.published = 1;
    actor.send(publish);
    expect(at()).toBe("authenticated.ready");
    actor.send(subscribe);
    expect([at(), connection.heldCount, connection.awaitsPublishes]).toEqual(["authenticated.waiting", 1, true]);
    connection.answered = 1;
    actor.send({ type: "publish.answered" });
    expect([at(), connection.awaitsPublishes]).toEqual(["authenticated.releasing", false]);
  });

  test("a connection that ends leaves its channels first and closes its socket last", () => {
    const { names, at } = run("centrifuge", connect, admitted, { type: "socket.slow" });
    expect(at).toBe("closed");
    expect(names).toEqual([
      "closeLane",
      "noteDisconnect",
      "endHooks",
      "awaitPublishes",
      "commitPublishes",
      "forgetCommands",
      "detachAll",
      "setFlushDeadline",
      "endHooks",
      "forgetCommands",
      "closeSocket",
      "depart",
      "cancelDeadlines",
      "reportClosed",
    ]);
  });

  test("what waits for its commit when a connection ends is answered first", () => {
    const { actor, connection, at } = start("centrifuge");
    for (const event of [connect, admitted]) actor.send(event);
    connection.published = 1;
    actor.send({ type: "hub.disconnect", disconnect: disconnects.shutdown });
    expect(at()).toBe("draining");
    connection.answered = 1;
    actor.send({ type: "publish.answered" });
    expect(at()).toBe("closed");
  });

  test("every reachable state can reach closed, and closed has no way out", () => {
    const events: ConnectionEvent[] = [
      connect,
      { type: "connect.refused", id: 1, refusal: "expired" },
      admitted,
      { type: "token.presented" },
      { type: "connect.deferred" },
      { type: "command.deferred" },
      { type: "hub.disconnect", disconnect: disconnects.shutdown },
      closed,
    ];
    const flushing = machine.provide({ guards: { isFlushed: () => false } });
    const paths = getShortestPaths(flushing, {
      events,
      input: inputOf(record()),
      serializeState: (snapshot) => JSON.stringify(snapshot.value),
    });
    expect([...new Set(paths.map(({ state }) => place(state)))].toSorted()).toEqual([
      "authenticated.connecting",
      "authenticated.ready",
      "authenticated.verifying",
      "authenticated.waiting",
      "closed",
      "draining",
      "handshaking.awaiting",
      "handshaking.refused",
      "handshaking.verifying",
    ]);
    for (const { state } of paths) {
      if (place(state) === "closed") continue;
      const [next] = transition(flushing, state, closed);
      expect([next.value, next.status]).toEqual(["closed", "done"]);
    }
  });
});
