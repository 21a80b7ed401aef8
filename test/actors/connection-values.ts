import type { ConnectionEvent } from "../../actors/connection/events.ts";
import type { ConnectionOptions } from "../../actors/connection/options.ts";
import { ConnectionRecord } from "../../actors/connection/record.ts";
import type { Command, ConnectCommand, PublishCommand, SubscribeCommand } from "../../src/core/command.ts";
import { SealedPayload } from "../../src/core/sealed.ts";
import type { Socket } from "../../src/core/socket.ts";
import { milliseconds } from "../../src/core/time.ts";
import { centrifugeJson, plain } from "../support/protocols.ts";

/** What may wait while a token is verified. */
export const heldMax = { commands: 4, bytes: 100 };

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
  isMapped: false,
};

/** A subscribe command that asks for nothing but the channel. */
export const subscribeCommand: SubscribeCommand = {
  method: "subscribe",
  id: 3,
  channel: "news",
  token: null,
  data: null,
  type: 0,
  recover: null,
  positioned: false,
  recoverable: false,
  joinLeave: false,
  flag: 0,
  delta: "",
  filter: null,
};

/** A command as an event of its connection. */
export function clientEvent(command: Command, bytes = 10): ConnectionEvent {
  return { type: `client.${command.method}`, command, bytes, frame: 1 } as ConnectionEvent;
}

/** Options under which anonymous clients may connect; every time is a second. */
export const options: ConnectionOptions = {
  version: "1",
  handshakeTimeout: milliseconds(1_000),
  flushTimeout: milliseconds(1_000),
  expiredCloseDelay: milliseconds(1_000),
  expiredSubscriptionCloseDelay: milliseconds(1_000),
  positionCheckDelay: milliseconds(1_000),
  presenceUpdateInterval: milliseconds(1_000),
  unidirectionalDisconnects: new Map(),
  allowAnonymous: true,
  disallowAnonymousTokens: false,
  insecure: false,
  includeServerTime: false,
  singleConnection: false,
  channelLimit: 4,
  hooks: null,
  subscribeRate: { limit: 0, burst: 4 },
  historyPublicationsMax: 10,
  recoveryPublicationsMax: 10,
  historyBytesMax: 1_000,
  presenceBytesMax: 1_000,
  streamShare: 1,
  recoveryBytesMax: 100,
};

/** The record of a connection whose socket does nothing; `unsent` bytes are queued in it. */
export function record(protocol: "plain" | "centrifuge" = "centrifuge", unsent = 0): ConnectionRecord {
  const socket: Socket = {
    id: "one",
    dialect: protocol,
    transport: "websocket",
    capabilities: (protocol === "plain" ? plain : centrifugeJson).capabilities,
    heartbeat: { interval: 1_000, timeout: 500 },
    heldMax,
    receiver: { attach: () => {}, detach: () => {} },
    address: "127.0.0.1",
    limitKey: null,
    encodingName: protocol === "plain" ? "plain" : "json",
    upgrade: null,
    defaultChannel: protocol === "plain" ? "lobby" : "",
    send: () => {},
    reply: () => {},
    chargeAnswer: () => {},
    charge: () => {},
    push: () => {},
    message: () => {},
    ping: () => {},
    isOpen: () => true,
    unsent: () => unsent,
    frames: 0,
    lastHeard: () => 0,
    hasArrived: () => false,
    openLane: () => {},
    closeLane: () => {},
    close: () => {},
    terminate: () => {},
  };
  return new ConnectionRecord({ socket, options });
}
