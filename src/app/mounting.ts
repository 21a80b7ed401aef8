import type { ServerWebSocket, WebSocketHandler } from "bun";
import { BunSocket } from "../sockets/socket.ts";
import { runtimeOptions } from "../sockets/websocket.ts";

/** The WebSocket handlers of a server of the application. */
type Handlers = WebSocketHandler<unknown>;

/**
 * The WebSocket handler of a `Bun.serve` in which Chorus is mounted: Chorus' sockets go to its own handlers, all others
 * to `own`. A `Bun.serve` has one set of options for all of its sockets, and they are Chorus': no idle timeout and no
 * limit of queued bytes of the runtime's, because Chorus keeps both itself.
 */
export function mountedHandlers(
  chorus: () => WebSocketHandler<BunSocket>,
  own: Handlers | null,
  frameBytesMax: number,
) {
  return {
    open: (ws) => (isChorus(ws) ? chorus().open?.(ws) : own?.open?.(ws)),
    message: (ws, frame) => (isChorus(ws) ? chorus().message?.(ws, frame) : own?.message?.(ws, frame)),
    ping: (ws, data) => (isChorus(ws) ? chorus().ping?.(ws, data) : own?.ping?.(ws, data)),
    pong: (ws, data) => (isChorus(ws) ? chorus().pong?.(ws, data) : own?.pong?.(ws, data)),
    drain: (ws) => (isChorus(ws) ? chorus().drain?.(ws) : own?.drain?.(ws)),
    close: (ws, code, reason) => (isChorus(ws) ? chorus().close?.(ws, code, reason) : own?.close?.(ws, code, reason)),
    error: (error, ws) => (isChorus(ws) ? chorus().error?.(error, ws) : failed(own, error, ws)),
    ...runtimeOptions,
    maxPayloadLength: Math.max(frameBytesMax, own?.maxPayloadLength ?? 0),
  } satisfies Handlers;
}

function isChorus(ws: ServerWebSocket<unknown>): ws is ServerWebSocket<BunSocket> {
  return ws.data instanceof BunSocket;
}

/** Without a handler of its own an error of the application's sockets goes where Bun would have put it. */
function failed(own: Handlers | null, error: Error, ws: ServerWebSocket<unknown>): void | Promise<void> {
  if (!own?.error) throw error;
  return own.error(error, ws);
}
