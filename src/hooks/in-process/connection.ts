import type { ContractSchemas, Input, MessagesOf } from "../../contract/contract.ts";

/** The HTTP request that a connection began with. */
export interface Upgrade {
  readonly url: URL;
  readonly headers: Headers;
  /** By name. */
  readonly cookies: ReadonlyMap<string, string>;
  /** The client's address; behind a trusted proxy the forwarded one. */
  readonly address: string;
}

/** Why a connection or a subscription ended. */
export interface EndReason {
  readonly code: number;
  readonly reason: string;
}

/** One connected client. */
export interface Connection<Session, C extends ContractSchemas> {
  /** The id of the connection, a UUID. */
  readonly id: string;
  /** The user's id; "" is anonymous. */
  readonly user: string;
  /** What `authenticate` accepted with; null without `authenticate`. */
  readonly session: Session;
  readonly upgrade: Upgrade;
  /** Aborts when the connection ends. */
  readonly signal: AbortSignal;
  /** The channels that it is subscribed to now. */
  readonly channels: ReadonlySet<string>;
  /**
   * Sends a message to this connection; it is lost where the connection has just ended.
   *
   * @throws OperationError where the data is none that JSON can hold
   */
  send<K extends keyof MessagesOf<C> & string>(message: K, data: Input<MessagesOf<C>[K]>): void;
  /** Ends the connection, by default with code 3503: a code from 3000 to 4999, a reason of up to 123 bytes. */
  disconnect(reason?: EndReason): void;
}
