import type { Socket } from "node:net";
import { startRawServer } from "./http-backend.ts";

/** What a back end does with a request: `grant` and `refuse` answer it, and the others are faults. */
export const answers = ["grant", "refuse", "reset", "half", "status", "garbage", "huge", "redirect"] as const;

export type Answer = (typeof answers)[number];

/** What a client sends for the back end behind the hooks: what it has to do with it, and after how many turns. */
export interface Order {
  readonly text: string;
  readonly what: Answer | "never";
  readonly turns: number;
}

const head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
const sized = (body: string) => `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

/** A back end over bare TCP that does with each request what the client's data says. */
export async function startFaultyBackend() {
  /** The texts of the requests, in their order. */
  const asked: string[] = [];
  const unread = new WeakMap<Socket, string>();
  const server = await startRawServer((socket, part) => {
    const text = (unread.get(socket) ?? "") + part;
    const end = text.indexOf("\r\n\r\n") + 4;
    const length = Number(/content-length: (\d+)/i.exec(text)?.[1]);
    const isWhole = end > 3 && text.length >= end + length;
    unread.set(socket, isWhole ? "" : text);
    if (!isWhole) return;
    const { data, method } = JSON.parse(text.slice(end)) as { readonly data: Order; readonly method?: string };
    asked.push(data.text);
    void obey(socket, data, method !== undefined);
  });
  return { asked, url: server.url, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function obey(socket: Socket, { what, turns, text }: Order, isCall: boolean): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
  const granted = JSON.stringify({ result: isCall ? { data: { text } } : {} });
  if (what === "grant") socket.write(head + sized(granted));
  else if (what === "refuse") socket.write(head + sized(JSON.stringify({ error: { code: 410, message: "no" } })));
  else if (what === "reset") socket.resetAndDestroy();
  else if (what === "half") socket.end(`${head}content-length: 100\r\n\r\n{"result":{`);
  else if (what === "status") socket.write(`HTTP/1.1 500 Internal Server Error\r\n${sized(granted)}`);
  else if (what === "garbage") socket.write(head + sized("<html>"));
  else if (what === "huge") socket.write(`${head}content-length: 1048577\r\n\r\n`);
  else if (what === "redirect") socket.write(`HTTP/1.1 307 Temporary Redirect\r\nlocation: /granted\r\n${sized("")}`);
}
