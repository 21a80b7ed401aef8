import { expect, test } from "bun:test";
import { type Conversation, converse, dataWords, type Endpoint } from "../support/conversation.ts";
import { clientFrame, closeBody, type FrameShape, opcodes } from "../support/frames.ts";

/** A name, what a client sends, and what RFC 6455 says must come of it. */
export type Case = readonly [name: string, frames: readonly Uint8Array[], expected: Conversation];

type Payload = Uint8Array | string;

const endpoints: readonly Endpoint[] = ["/echo", "/ws"];

/** One test per case and endpoint: the same frames go to a socket that returns them and to one that broadcasts them. */
export function testCases(rule: string, url: () => string, cases: readonly Case[]): void {
  for (const endpoint of endpoints) {
    test.each(cases.map((one) => [...one] as const))(`[${rule}] %s (${endpoint})`, async (_, frames, expected) => {
      expect(await converse(url(), endpoint, frames)).toEqual(expected);
    });
  }
}

/** The messages arrive, the client is answered so (`pong x`), and is served on. */
export function serves(messages: readonly Payload[], control: readonly string[] = []): Conversation {
  return { data: messages.map(dataWords), control: [...control], end: "open" };
}

/** The messages before the fault arrive, and then the connection is failed with this code (7.1.7). */
export function failsWith(code: number, messages: readonly Payload[] = []): Conversation {
  return { data: messages.map(dataWords), control: [`close ${code}`], end: "closed" };
}

export const text = (payload: Payload = "", shape?: FrameShape) => clientFrame(opcodes.text, payload, shape);
export const binary = (payload: Payload = "", shape?: FrameShape) => clientFrame(opcodes.binary, payload, shape);
export const ping = (payload: Payload = "", shape?: FrameShape) => clientFrame(opcodes.ping, payload, shape);
export const pong = (payload: Payload = "", shape?: FrameShape) => clientFrame(opcodes.pong, payload, shape);

export const close = (code?: number, reason?: Payload, shape?: FrameShape) =>
  clientFrame(opcodes.close, closeBody(code, reason), shape);

/** The fragments of a message, each as a frame of its own. */
export function fragments(opcode: number, payloads: readonly Payload[]): Buffer[] {
  return payloads.map((payload, index) =>
    clientFrame(index === 0 ? opcode : opcodes.continuation, payload, { fin: index === payloads.length - 1 }),
  );
}

/** A fragment that begins a message; others are to follow. */
export const first = (payload: Payload = "", shape?: FrameShape) => text(payload, { fin: false, ...shape });

/** A fragment in the middle of a message. */
export const middle = (payload: Payload = "", shape?: FrameShape) => last(payload, { fin: false, ...shape });

/** A fragment that ends a message. */
export const last = (payload: Payload = "", shape?: FrameShape) => clientFrame(opcodes.continuation, payload, shape);

/** Bytes, written down in hexadecimal. */
export function hex(digits: string): Buffer {
  return Buffer.from(digits.replaceAll(" ", ""), "hex");
}
