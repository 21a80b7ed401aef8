import { setup } from "xstate";
import type { ConnectCommand } from "../../src/core/command.ts";
import type { Disconnect } from "../../src/core/disconnects.ts";
import type { ClientError } from "../../src/core/errors.ts";
import { anonymous } from "../../src/core/identity.ts";
import type { ConnectionEvent, HookAnswered, TokenVerified } from "./events.ts";
import { guards } from "./guards.ts";
import type { Holdable } from "./held.ts";
import type { ConnectionContext, ConnectionInput } from "./record.ts";

/** The types, actions and guards of the machine of a connection; `logic.ts` gives those that have an effect. */
export const connectionSetup = setup({
  types: {} as { context: ConnectionContext; events: ConnectionEvent; input: ConnectionInput },
  actions: {
    setHandshakeDeadline: () => {},
    authenticate: (_, _params: { command: ConnectCommand; frame: number }) => {},
    judge: (_, _params: TokenVerified) => {},
    fail: (_, _params: { error: string }) => {},
    refuseConnect: (_, _params: { id: number; error: ClientError }) => {},
    /** Does what follows from the answer of a hook. */
    answer: (_, _params: HookAnswered) => {},
    askRefresh: () => {},
    endHooks: () => {},
    admit: () => {},
    /** Runs a command, or what a back end orders. */
    run: () => {},
    /** Takes one of the held commands, and runs it. */
    runHeld: () => {},
    askTurn: () => {},
    /** Does what had to wait for the engine. */
    resume: () => {},
    prepareAhead: () => {},
    lapse: (_, _params: { ticket: number }) => {},
    openLane: () => {},
    closeLane: () => {},
    ping: () => {},
    awaitPong: () => {},
    notePong: () => {},
    expireSubscriptions: () => {},
    renewPresence: () => {},
    checkPositions: () => {},
    checkStream: (_, _params: { channel: string; epoch: string }) => {},
    commitPublishes: () => {},
    detachAll: () => {},
    setFlushDeadline: () => {},
    closeSocket: () => {},
    depart: () => {},
    cancelDeadlines: () => {},
    reportClosed: () => {},
    hold: ({ context: { connection }, event }) => connection.hold(event as Holdable),
    identifyAtBirth: ({ context: { connection } }) => connection.identify(anonymous, connection.connect),
    identifyAnonymous: ({ context: { connection } }, params: { command: ConnectCommand; frame: number }) => {
      connection.beginFrame(params.frame);
      connection.identify(anonymous, params.command);
    },
    noteDisconnect: ({ context: { connection } }, { disconnect }: { disconnect: Disconnect }) => {
      connection.disconnect = disconnect;
    },
    awaitPublishes: ({ context: { connection } }) => {
      connection.awaitsPublishes = true;
    },
    forgetPublishes: ({ context: { connection } }) => {
      connection.awaitsPublishes = false;
    },
    forgetPending: ({ context: { connection } }) => {
      connection.pending = null;
    },
    forgetCommands: ({ context: { connection } }) => connection.forgetCommands(),
  },
  guards,
});
