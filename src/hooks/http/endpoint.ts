import type { Clock } from "../../core/clock.ts";
import { ownHeaders } from "../../core/own-headers.ts";
import type { ProxyOptions } from "../../options/proxy.ts";
import type { HookClient } from "../hooks.ts";
import type { Sign } from "./signature.ts";

/** Bytes of the largest answer that is read. */
const answerBytesMax = 1_048_576;

/** What a back end has answered. */
export interface HttpAnswer {
  readonly status: number;
  /** The body; "" where the status is not 200. */
  readonly text: string;
}

/** What requests need beside their options. */
export interface EndpointPorts {
  readonly clock: Clock;
  readonly sign: Sign;
}

/** Why a request has no answer, in one line without a place in our code: the fault is not here. */
export class HttpFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "HttpFault";
    this.stack = `${this.name}: ${message}`;
  }
}

/** What a header's value may hold (RFC 9110 section 5.5). */
const headerValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** One URL of a back end, with the headers that go there. Connections are kept alive by the runtime. */
export class Endpoint {
  /** For the log: without what may be secret. */
  readonly place: string;
  readonly #url: string;
  readonly #static: Readonly<Record<string, string>>;
  readonly #fromClient: { readonly handshake: readonly string[]; readonly emulated: ReadonlySet<string> };
  readonly #tls: BunFetchRequestInitTLS | undefined;
  readonly #ports: EndpointPorts;

  constructor({ endpoint, http_headers, emulated_headers, http }: EndpointOptions, ports: EndpointPorts) {
    const url = new URL(endpoint);
    const { username, password } = url;
    url.username = "";
    url.password = "";
    this.#url = url.href;
    this.#ports = ports;
    this.place = `${url.origin}${url.pathname}`;
    this.#tls = tlsOf(http.tls);
    const fixed = Object.entries(http.static_headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    this.#static = {
      ...(username !== "" && { authorization: basicCredentials(username, password) }),
      ...Object.fromEntries(fixed.filter(([name]) => !ownHeaders.has(name))),
      // A compressed answer could be of any size.
      "accept-encoding": "identity",
    };
    this.#fromClient = { handshake: passedOn(http_headers), emulated: new Set(passedOn(emulated_headers)) };
  }

  /** Posts a body for a client, and reads the answer. Rejects with a HttpFault where there is none. */
  async post(body: string, client: HookClient, signal: AbortSignal): Promise<HttpAnswer> {
    try {
      const response = await this.#send(body, client, signal);
      if (response.status === 200) return { status: 200, text: await readBody(response) };
      await response.body?.cancel();
      return { status: response.status, text: "" };
    } catch (error) {
      throw this.#faultOf(error, signal);
    }
  }

  /** Posts a body of the server's own; the status is the whole answer. Rejects with a HttpFault where there is none. */
  async tell(body: string, signal: AbortSignal): Promise<number> {
    try {
      const response = await this.#send(body, null, signal);
      // It is read so that the connection can be used again, and nothing follows from what it is.
      await readBody(response).catch(() => {});
      return response.status;
    } catch (error) {
      throw this.#faultOf(error, signal);
    }
  }

  #send(body: string, client: HookClient | null, signal: AbortSignal): Promise<Response> {
    return fetch(this.#url, {
      method: "POST",
      headers: this.#headersOf(body, client),
      body,
      signal,
      redirect: "manual",
      decompress: false,
      ...(this.#tls && { tls: this.#tls }),
    });
  }

  #faultOf(error: unknown, signal: AbortSignal): unknown {
    return signal.aborted ? error : new HttpFault(`${this.place}: ${reasonOf(error)}`);
  }

  /** Later ones win: fixed ones, those of the connect command, those of the handshake, our own. */
  #headersOf(body: string, client: HookClient | null): Record<string, string> {
    const headers: Record<string, string> = { ...this.#static };
    if (client !== null) this.#addClient(headers, client);
    headers["content-type"] = "application/json";
    const signature = this.#ports.sign(body, this.#ports.clock.wall());
    if (signature !== null) headers["chorus-signature"] = signature;
    return headers;
  }

  #addClient(headers: Record<string, string>, { emulated, upgrade }: HookClient): void {
    const { handshake, emulated: allowed } = this.#fromClient;
    if (emulated !== null && allowed.size > 0) {
      for (const [name, value] of Object.entries(emulated)) {
        const lower = name.toLowerCase();
        if (allowed.has(lower) && headerValue.test(value)) headers[lower] = value;
      }
    }
    for (const name of handshake) {
      const value = upgrade.headers.get(name);
      if (value !== null) headers[name] = value;
    }
  }
}

type EndpointOptions = Pick<ProxyOptions, "endpoint" | "http_headers" | "emulated_headers" | "http">;

function passedOn(names: readonly string[]): string[] {
  return names.map((name) => name.toLowerCase()).filter((name) => !ownHeaders.has(name) && name !== "chorus-signature");
}

/** Texts of PEM are what they say here; paths have been read before. */
function tlsOf(tls: EndpointOptions["http"]["tls"]): BunFetchRequestInitTLS | undefined {
  if (!tls.enabled) return undefined;
  const { cert_pem, key_pem, server_ca_pem, server_name, insecure_skip_verify } = tls;
  return {
    ...(cert_pem !== "" && { cert: cert_pem }),
    ...(key_pem !== "" && { key: key_pem }),
    ...(server_ca_pem !== "" && { ca: server_ca_pem }),
    ...(server_name !== "" && { serverName: server_name }),
    rejectUnauthorized: !insecure_skip_verify,
  };
}

function basicCredentials(username: string, password: string): string {
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(credentials).toString("base64")}`;
}

/** Reads an answer as far as it is allowed to be long. A byte order mark stays, which no JSON may have (RFC 8259). */
async function readBody(response: Response): Promise<string> {
  const tooLong = () => new HttpFault(`the answer is longer than ${answerBytesMax} bytes`);
  const announced = response.headers.get("content-length");
  if (Number(announced) > answerBytesMax) {
    await response.body?.cancel();
    throw tooLong();
  }
  // In one piece it takes 9 us less than as a stream, of 29 us (measured on Bun 1.4.5). With both headers the other one counts.
  if (announced !== null && !response.headers.has("transfer-encoding")) {
    return Buffer.from(await response.arrayBuffer()).toString();
  }
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of response.body ?? []) {
    length += part.byteLength;
    // Leaving the loop cancels the body.
    if (length > answerBytesMax) throw tooLong();
    parts.push(part);
  }
  return Buffer.concat(parts).toString();
}

/** Without URLs, which some messages of the runtime have whole: their query may be secret. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? ` (${error.code})` : "";
  return `${error.message.replace(/https?:\/\/[^\s"]*/gi, "the endpoint")}${code}`;
}
