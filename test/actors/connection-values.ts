import type { ConnectionInput } from "../../actors/connection/events.ts";
import type { ConnectCommand, PublishCommand, SubscribeCommand } from "../../src/core/command.ts";
import { SealedPayload } from "../../src/core/sealed.ts";
import type { Socket } from "../../src/core/socket.ts";
import { centrifugeJson, plain, unlimited } from "../support/protocols.ts";

/** What may wait while a token is verified. */
export const heldMax = { commands: 64, bytes: 65_536 };

/** A connect command that asks for nothing. */
export const connectCommand: ConnectCommand = {
  method: "connect",
  id: 1,
  token: null,
  data: null,
  subs: new Map(),
  name: "",
  version: "",
  headers: null,
};

/** A publish command. */
export const publishCommand: PublishCommand = {
  method: "publish",
  id: 2,
  channel: "news",
  data: new SealedPayload({ kind: "json", json: "1" }),
  map: null,
};

/** A subscribe command that asks for nothing but the channel. */
export const subscribeCommand: SubscribeCommand = {
  method: "subscribe",
  id: 3,
  channel: "news",
  token: null,
  data: null,
  type: 0,
  page: null,
  recover: null,
  positioned: false,
  recoverable: false,
  joinLeave: false,
  flag: 0,
  delta: "",
  filter: null,
};

/** What a connection of this protocol is born with, where nobody looks at its socket: the pure machine does not. */
export function input(dialect: "plain" | "centrifuge"): ConnectionInput {
  const socket: Socket = {
    id: "one",
    dialect,
    capabilities: (dialect === "plain" ? plain : centrifugeJson).capabilities,
    heartbeat: unlimited.heartbeat,
    heldMax,
    receiver: { attach: () => {}, detach: () => {} },
    address: "127.0.0.1",
    defaultChannel: "lobby",
    pingedAt: 0,
    unanswered: 0,
    take: () => {},
    send: () => {},
    reply: () => {},
    push: () => {},
    message: () => {},
    ping: () => {},
    isOpen: () => true,
    unsent: () => 0,
    framesHeard: () => 0,
    lastHeard: () => 0,
    openGate: () => {},
    closeGate: () => {},
    close: () => {},
    terminate: () => {},
  };
  return { socket };
}
