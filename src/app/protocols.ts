import type { Config } from "../config/config.ts";
import { createCentrifugeJson } from "../protocol/centrifuge/json.ts";
import { createCentrifugeProtobuf } from "../protocol/centrifuge/protobuf.ts";
import { createCentrifugeUniJson } from "../protocol/centrifuge/uni-json.ts";
import { createEcho } from "../protocol/echo/echo.ts";
import { createPlain } from "../protocol/plain/plain.ts";
import type { ProtocolSettings } from "../protocol/protocol.ts";
import { createBearerRoute, createCentrifugeRoute, createUniRoute, type SocketRoute } from "../sockets/negotiation.ts";

/** The paths on which WebSocket connections are opened, each with the protocols that it serves. */
export function createSocketRoutes(config: Config): Map<string, SocketRoute> {
  const { plain, echo, websocket, uni_websocket } = config;
  const { bearer, centrifuge, uni } = settingsOf(config);
  const routes = new Map<string, SocketRoute>();
  if (plain.enabled) {
    const channelOf = (query: URLSearchParams) => query.get("channel") ?? plain.channel;
    routes.set("/ws", createBearerRoute(createPlain(bearer), channelOf));
  }
  if (echo.enabled) {
    const route = createBearerRoute(createEcho(bearer), () => "");
    routes.set("/echo", route);
  }
  if (!websocket.disabled) {
    const options = { commandsPerFrameMax: commandsPerFrameMax(config) };
    const route = createCentrifugeRoute({
      json: (nativePing) => createCentrifugeJson({ ...options, nativePing }, centrifuge),
      protobuf: (nativePing) => createCentrifugeProtobuf({ ...options, nativePing }, centrifuge),
    });
    routes.set(websocket.handler_prefix, route);
  }
  if (uni_websocket.enabled) {
    const route = createUniRoute(createCentrifugeUniJson(uni), !uni_websocket.disable_disconnect_push);
    routes.set(uni_websocket.handler_prefix, route);
  }
  return routes;
}

/** Commands in one frame: a client that reconnects sends one for each of its channels, and a connect. */
export function commandsPerFrameMax({ client }: Config): number {
  return Math.max(client.commands_per_frame_limit, client.channel_limit + 1);
}

/** Bytes of the largest frame that a protocol takes which is served. */
export function frameBytesMax(config: Config): number {
  const { bearer, centrifuge, uni } = settingsOf(config);
  const served = config.uni_websocket.enabled ? [bearer, centrifuge, uni] : [bearer, centrifuge];
  return Math.max(...served.flatMap(({ textBytesMax, binaryBytesMax }) => [textBytesMax, binaryBytesMax]));
}

/** Bytes of a message on a path without credentials, where unfinished messages cannot be seen. */
export const unseenBytesMax = 65_536;

/**
 * Bytes of the largest message that the runtime takes. It keeps an unfinished one to itself: where the kernel does not
 * report it either, and strangers can connect, they could fill the memory with larger ones.
 */
export function runtimeBytesMax(config: Config, seesUnfinished: boolean): number {
  const largest = frameBytesMax(config);
  return seesUnfinished || needsCredentials(config) ? largest : Math.min(largest, unseenBytesMax);
}

/** Whether every client needs credentials. A connect hook may admit any. */
function needsCredentials({ client, echo }: Config): boolean {
  const isOpen = client.insecure || client.allow_anonymous_connect_without_token || client.proxy.connect.enabled;
  return !isOpen && !echo.enabled;
}

/** The sizes and times of each kind of connection. */
export function settingsOf(config: Config) {
  const { plain, client, websocket, uni_websocket } = config;
  const bearer: ProtocolSettings = {
    heartbeat: { interval: plain.ping_interval, timeout: plain.pong_timeout },
    textBytesMax: plain.text_size_limit,
    binaryBytesMax: plain.binary_size_limit,
    queueBytesMax: plain.queue_max_size,
    heldMax: { commands: 64, bytes: 65_536 },
  };
  const centrifuge: ProtocolSettings = {
    heartbeat: { interval: client.ping_interval, timeout: client.pong_timeout },
    textBytesMax: websocket.message_size_limit,
    binaryBytesMax: websocket.message_size_limit,
    queueBytesMax: client.queue_max_size,
    // Four frames full of commands, and the bytes of two: what a client with all its channels sends when it reconnects.
    heldMax: { commands: 4 * commandsPerFrameMax(config), bytes: 2 * websocket.message_size_limit },
  };
  const uniBytesMax = uni_websocket.message_size_limit;
  const uni: ProtocolSettings = { ...centrifuge, textBytesMax: uniBytesMax, binaryBytesMax: uniBytesMax };
  return { bearer, centrifuge, uni };
}
