import type { ContractSchemas } from "../../contract/contract.ts";
import type { Envelope } from "../../contract/envelope.ts";
import type { HookClient } from "../hooks.ts";
import type { Connection, EndReason, Upgrade } from "./connection.ts";

/** What a connection's handle can make the server do. */
export interface HandlePort {
  /** @throws OperationError where the data is none that JSON can hold */
  send(client: string, user: string, message: Envelope): void;
  disconnect(client: string, user: string, reason?: EndReason): void;
}

/** A connection as handlers see it: one object from `authenticate` to `disconnected`. */
export class ConnectionHandle implements Connection<unknown, ContractSchemas> {
  readonly id: string;
  readonly session: unknown;
  readonly upgrade: Upgrade;
  readonly channels = new Set<string>();
  readonly #client: HookClient;
  readonly #port: HandlePort;
  #controller: AbortController | null = null;
  #hasEnded = false;

  constructor(client: HookClient, session: unknown, { port, upgrade }: { port: HandlePort; upgrade: Upgrade }) {
    this.id = client.id;
    this.#client = client;
    this.session = session;
    this.upgrade = upgrade;
    this.#port = port;
  }

  get user(): string {
    return this.#client.user;
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#hasEnded) this.#controller.abort();
    return this.#controller.signal;
  }

  send(message: string, data: unknown): void {
    this.#port.send(this.id, this.user, { name: message, data });
  }

  disconnect(reason?: EndReason): void {
    this.#port.disconnect(this.id, this.user, reason);
  }

  /** The connection has ended. */
  end(): void {
    this.#hasEnded = true;
    this.#controller?.abort();
    this.channels.clear();
  }
}

/** The request of the upgrade; its parts are read when they are first asked for. */
export class UpgradeHandle implements Upgrade {
  readonly address: string;
  readonly #request: HookClient["upgrade"];
  #url: URL | null = null;
  #cookies: ReadonlyMap<string, string> | null = null;

  constructor({ upgrade, address }: HookClient) {
    this.#request = upgrade;
    this.address = address;
  }

  get url(): URL {
    this.#url ??= new URL(this.#request.url);
    return this.#url;
  }

  get headers(): Headers {
    return this.#request.headers;
  }

  get cookies(): ReadonlyMap<string, string> {
    this.#cookies ??= readCookies(this.#request.headers.get("cookie") ?? "");
    return this.#cookies;
  }
}

/** The cookies of a Cookie header (RFC 6265 5.4). The first of two equal names counts: browsers send the longest path first. */
function readCookies(header: string): ReadonlyMap<string, string> {
  const cookies = new Map<string, string>();
  for (const pair of header.split(";")) {
    const at = pair.indexOf("=");
    const name = pair.slice(0, at).trim();
    if (at > 0 && !cookies.has(name)) cookies.set(name, decoded(pair.slice(at + 1).trim()));
  }
  return cookies;
}

function decoded(value: string): string {
  const text = value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
