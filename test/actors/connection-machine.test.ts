import { describe, expect, test } from "bun:test";
import { type EventFromLogic, initialTransition, type SnapshotFrom, transition } from "xstate";
import { getShortestPaths } from "xstate/graph";
import { connectionMachine as machine } from "../../actors/connection/machine.ts";
import { disconnects } from "../../src/core/disconnects.ts";
import { anonymous } from "../../src/core/identity.ts";
import { Token } from "../../src/core/sealed.ts";
import { connectCommand, heldMax, input, publishCommand, subscribeCommand } from "./connection-values.ts";

type Event = EventFromLogic<typeof machine>;

const connect: Event = { type: "client.connect", command: connectCommand, bytes: 10 };
const accepted: Event = { type: "auth.accepted", identity: anonymous, connect: connectCommand };
const admitted: Event = { type: "hub.admitted" };
const publish: Event = { type: "client.publish", command: publishCommand, bytes: 10 };
const subscribe: Event = { type: "client.subscribe", command: subscribeCommand, bytes: 10 };
const withToken: Event = {
  type: "client.subscribe",
  command: { ...subscribeCommand, token: new Token("t") },
  bytes: 10,
};
const late = (deadline: "handshake" | "pong" | "expiry" | "flush"): Event => ({ type: "deadline.expired", deadline });

/** Feeds events to the pure machine; what its actions would have done comes back by name. */
function run(protocol: "plain" | "centrifuge", ...events: Event[]) {
  let [snapshot, actions] = initialTransition(machine, input(protocol));
  for (const event of events) [snapshot, actions] = transition(machine, snapshot, event);
  return {
    snapshot,
    state: JSON.stringify(snapshot.value),
    names: actions.map(({ type }) => type),
    at: place(snapshot),
  };
}

function place({ value }: SnapshotFrom<typeof machine>): string {
  return typeof value === "string"
    ? value
    : Object.entries(value)
        .map(([outer, inner]) => `${outer}.${inner}`)
        .join();
}

describe("the connection machine", () => {
  test("[CN1] a connection begins by waiting for its credentials, under a deadline", () => {
    const { at, names } = run("centrifuge");
    expect(at).toBe("handshaking.awaiting");
    expect(names).toEqual(["setHandshakeDeadline"]);
  });

  test("[CN2] nothing but connect is heard before the credentials: 3501", () => {
    for (const event of [publish, subscribe]) {
      const { at, snapshot } = run("centrifuge", event);
      expect(at).toBe("closed");
      expect(snapshot.context.disconnect).toEqual(disconnects.badRequest);
    }
  });

  test("traffic does not extend the handshake: its deadline is set once", () => {
    const { names, at } = run("centrifuge", connect, publish, publish);
    expect(at).toBe("handshaking.verifying");
    expect(names).not.toContain("setHandshakeDeadline");
    const { snapshot } = run("centrifuge", connect, publish, late("handshake"));
    expect(snapshot.context.disconnect).toEqual(disconnects.stale);
  });

  test("[CN4] commands that come while a token is looked at wait, and are released in order", () => {
    const held = run("centrifuge", connect, publish, subscribe);
    expect(held.snapshot.context.held).toEqual([publish, subscribe]);
    const { names, at, snapshot } = run("centrifuge", connect, publish, subscribe, accepted, admitted);
    expect(at).toBe("authenticated.ready");
    expect(names).toEqual(["startHeartbeat", "welcome", "release", "openGate"]);
    expect(snapshot.context.held).toEqual([]);
  });

  test("a plain client may send 64 frames while it waits; the next ends it with 3013", () => {
    const full = Array.from({ length: heldMax.commands }, () => publish);
    expect(run("plain", connect, ...full).at).toBe("handshaking.verifying");
    const { snapshot } = run("plain", connect, ...full, publish);
    expect(snapshot.context.disconnect).toEqual(disconnects.tooManyRequests);
  });

  test("and 64 KiB", () => {
    const large: Event = { ...publish, bytes: heldMax.bytes };
    expect(run("plain", connect, large).at).toBe("handshaking.verifying");
    expect(run("plain", connect, large, publish).snapshot.context.disconnect).toEqual(disconnects.tooManyRequests);
  });

  test.each([
    ["missing", disconnects.badRequest],
    ["invalid", disconnects.invalidToken],
    ["anonymous", disconnects.permissionDenied],
    ["too many channels", disconnects.channelLimit],
  ] as const)("[CN6] a refusal for %s ends any connection", (refusal, disconnect) => {
    for (const protocol of ["plain", "centrifuge"] as const) {
      const { snapshot } = run(protocol, connect, { type: "auth.refused", id: 1, refusal });
      expect(snapshot.context.disconnect).toEqual(disconnect);
    }
  });

  test.each([
    ["expired", disconnects.connectionExpired],
    ["passed", disconnects.connectionExpired],
    ["unavailable", disconnects.internal],
    ["unknown channel", disconnects.badRequest],
  ] as const)("[CN7] a refusal for %s is an error to those who can read one, and deafness", (refusal, disconnect) => {
    const refused: Event = { type: "auth.refused", id: 1, refusal };
    expect(run("plain", connect, refused).snapshot.context.disconnect).toEqual(disconnect);
    const { at, names } = run("centrifuge", connect, refused);
    expect([at, names]).toEqual(["handshaking.refused", ["refuse"]]);
    expect(run("centrifuge", connect, refused, connect, { type: "client.malformed" }).at).toBe("handshaking.refused");
    expect(run("centrifuge", connect, refused, late("handshake")).snapshot.context.disconnect.code).toBe(3502);
  });

  test("while a subscription's token is looked at commands wait, and pongs do not", () => {
    const { at, snapshot } = run("centrifuge", connect, accepted, admitted, withToken, publish);
    expect(at).toBe("authenticated.verifying");
    expect(snapshot.context.held).toEqual([publish]);
    const pong: Event = { type: "client.pong", command: { method: "pong" }, bytes: 2 };
    const { snapshot: after } = run("centrifuge", connect, accepted, admitted, withToken, pong);
    expect(after.context.disconnect).toEqual(disconnects.badRequest);
    expect(run("centrifuge", connect, accepted, admitted, withToken, publish, { type: "auth.answered" }).names).toEqual(
      ["release", "openGate"],
    );
  });

  test("[CN9] a second connect ends the connection with 3501, a send with 3508", () => {
    const open = [connect, accepted, admitted] as const;
    expect(run("centrifuge", ...open, connect).snapshot.context.disconnect).toEqual(disconnects.badRequest);
    const send: Event = { type: "client.send", command: { method: "send", id: 0, data: null }, bytes: 2 };
    expect(run("centrifuge", ...open, send).snapshot.context.disconnect).toEqual(disconnects.notAvailable);
  });

  test("a connection that ends leaves its channels first and closes its socket last", () => {
    const { names, at } = run("centrifuge", connect, accepted, admitted, { type: "socket.slow" });
    expect(at).toBe("closed");
    expect(names).toEqual([
      "closeGate",
      "settle",
      "detachAll",
      "setFlushDeadline",
      "closeSocket",
      "depart",
      "cancelDeadlines",
      "reportClosed",
    ]);
  });

  test("every reachable state can reach closed, and closed has no way out", () => {
    const events: Event[] = [
      connect,
      accepted,
      { type: "auth.refused", id: 1, refusal: "expired" },
      admitted,
      publish,
      withToken,
      { type: "auth.answered" },
      { type: "hub.disconnect", disconnect: disconnects.shutdown },
      { type: "socket.closed", disconnect: disconnects.connectionClosed },
      late("handshake"),
      late("flush"),
    ];
    const flushing = machine.provide({ guards: { isFlushed: () => false } });
    const paths = getShortestPaths(flushing, {
      events,
      input: input("centrifuge"),
      serializeState: (snapshot) => JSON.stringify(snapshot.value),
    });
    const places = new Set(paths.map(({ state }) => place(state)));
    expect([...places].toSorted()).toEqual([
      "authenticated.ready",
      "authenticated.verifying",
      "closed",
      "draining",
      "handshaking.awaiting",
      "handshaking.refused",
      "handshaking.verifying",
    ]);
    for (const { state } of paths) {
      if (place(state) === "closed") continue;
      const [next] = transition(flushing, state, { type: "socket.closed", disconnect: disconnects.connectionClosed });
      expect(next.value).toBe("closed");
      expect(next.status).toBe("done");
    }
  });
});
