import type { Options } from "centrifuge";
import { publicHeaders, tls } from "./proxy.ts";

// The older version on purpose: it is the one that stock clients in Node are often given.
const EventSource = (await import("eventsource" as string)).default;

/** The options with which a stock client in Bun connects through a `TestProxy`, as a page of the public name would. */
export const throughProxy: Partial<Options> = {
  websocket: class extends WebSocket {
    constructor(url: string, protocols: string[] = []) {
      super(url, { headers: publicHeaders, protocols, tls });
    }
  },
  eventsource: class extends EventSource {
    constructor(url: string, options: object) {
      super(url, { ...options, headers: publicHeaders, https: tls });
    }
  },
  fetch: (url: string, { headers, ...init }: RequestInit) =>
    fetch(url, { ...init, headers: { ...headers, ...publicHeaders }, tls }),
  readableStream: ReadableStream,
};
