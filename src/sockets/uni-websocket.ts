import { type Disconnect, isTold } from "../core/disconnects.ts";
import type { Frame } from "../core/frame.ts";
import type { Reply } from "../core/reply.ts";
import type { SocketPorts } from "./client-socket.ts";
import { BunSocket, type SocketOpening } from "./socket.ts";

/** How a unidirectional client was opened. */
export interface UniOpening {
  /** Its connect request, where the query has it; otherwise its first message is the request. */
  readonly request: Frame | null;
  /** A disconnect is a push before the close frame. */
  readonly pushesDisconnect: boolean;
}

/** The lowest close code of the protocol: those below are the transport's. */
const protocolCodeMin = 3_000;

/** A WebSocket whose client reads pushes and sends one connect request. */
export class UniWebSocket extends BunSocket {
  readonly session: string;
  readonly #opening: UniOpening;
  #isReadable = true;

  constructor(
    opening: SocketOpening,
    ports: SocketPorts,
    { tokens, session, uni }: { readonly tokens: number; readonly session: string; readonly uni: UniOpening },
  ) {
    super(opening, ports, tokens);
    this.session = session;
    this.#opening = uni;
  }

  override get request(): Frame | null {
    return this.#opening.request;
  }

  override unreadable(): void {
    this.#isReadable = false;
  }

  override reply(reply: Reply): void {
    if (reply.method !== "connect") super.reply(reply);
    else super.reply({ ...reply, result: { ...reply.result, session: { id: this.session, node: "" } } });
  }

  /** As recorded: a request that cannot be read, and what the transport refuses, end with the close frame alone. */
  override close(disconnect: Disconnect): void {
    const isPushed =
      this.#opening.pushesDisconnect && this.#isReadable && disconnect.code >= protocolCodeMin && isTold(disconnect);
    if (isPushed && this.ws) this.push({ type: "disconnect", disconnect });
    super.close(disconnect);
  }
}
