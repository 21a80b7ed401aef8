/**
 * A `Bun.serve` of the application, as far as Chorus uses it. These are types of our own, so that a project needs no
 * types of Bun, and any version of them fits.
 */
export interface HostServer {
  upgrade(request: Request, options: never): boolean;
  publish(topic: string, frame: never): number;
  requestIP(request: Request): { readonly address: string } | null;
}

/** What `Bun.serve` takes as `websocket`. */
export interface HostSocketHandler {
  message(socket: never, frame: never): void | Promise<void>;
  open(socket: never): void | Promise<void>;
  drain(socket: never): void | Promise<void>;
  close(socket: never, code: number, reason: string): void | Promise<void>;
  ping(socket: never, data: never): void | Promise<void>;
  pong(socket: never, data: never): void | Promise<void>;
  error(error: Error, socket: never): void | Promise<void>;
  readonly idleTimeout: number;
  readonly sendPings: boolean;
  readonly perMessageDeflate: boolean;
  readonly backpressureLimit: number;
  readonly closeOnBackpressureLimit: boolean;
  readonly publishToSelf: boolean;
  readonly maxPayloadLength: number;
}

/** A socket of the application, with the methods that handlers use most. */
export interface OwnSocket {
  readonly data: unknown;
  send(data: string | Uint8Array): number;
  close(code?: number, reason?: string): void;
}

/** A WebSocket handler of the application, or of its framework: what `Bun.serve` takes. */
export interface OwnSocketHandler<Socket = OwnSocket, Frame = string | Uint8Array> {
  message?(socket: Socket, frame: Frame): unknown;
  open?(socket: Socket): unknown;
  drain?(socket: Socket): unknown;
  close?(socket: Socket, code: number, reason: string): unknown;
  ping?(socket: Socket, data: Frame): unknown;
  pong?(socket: Socket, data: Frame): unknown;
  error?(error: Error, socket: Socket): unknown;
  readonly maxPayloadLength?: number | undefined;
}
