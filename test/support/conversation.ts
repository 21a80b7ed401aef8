import { closeOf, opcodes, type ServerFrame } from "./frames.ts";
import { RawClient } from "./raw.ts";

/** What came of a client's frames. Data and control frames are kept apart: they go different ways in a broadcast. */
export interface Conversation {
  /** What those who are meant to receive the client's messages received; see `dataWords`. */
  readonly data: string[];
  /** What the client itself was sent: `pong <text>` and `close <code>`. */
  readonly control: string[];
  /** Whether the client is still connected, and is served. */
  readonly end: "open" | "closed";
}

/** Where the frames are sent: back to their sender, or on to the others in a channel. */
export type Endpoint = "/echo" | "/ws";

const ready = "ready?";
const last = "that was all";

let conversations = 0;

/**
 * Sends frames to the server, all in one write, and listens until all that can come of them has come: a last message
 * and a last ping show whether the client is still served.
 */
export async function converse(url: string, endpoint: Endpoint, frames: readonly Uint8Array[]): Promise<Conversation> {
  conversations += 1;
  const address = endpoint === "/echo" ? `${url}/echo` : `${url}/ws?channel=conversation-${conversations}`;
  using sender = await RawClient.open(address);
  if (endpoint === "/echo") {
    await greet(sender, sender);
    return await echoed(sender, frames);
  }
  using listener = await RawClient.open(address);
  using witness = await RawClient.open(address);
  await greet(sender, listener);
  await greet(witness, listener);
  return await broadcast({ sender, listener, witness }, frames);
}

/** Waits until the server serves both: a message of the one has come to the other. */
async function greet(from: RawClient, to: RawClient): Promise<void> {
  from.sendText(ready);
  const heard = await to.nextText();
  if (heard !== ready) throw new Error(`Expected ${ready}, heard ${heard}.`);
}

async function echoed(sender: RawClient, frames: readonly Uint8Array[]): Promise<Conversation> {
  const { data, control, end } = await say(sender, frames, { untilEcho: true });
  return { data: data.slice(0, end === "open" ? -1 : undefined), control, end };
}

interface Channel {
  readonly sender: RawClient;
  readonly listener: RawClient;
  /** Says the last word where the sender no longer can. */
  readonly witness: RawClient;
}

async function broadcast({ sender, listener, witness }: Channel, frames: readonly Uint8Array[]): Promise<Conversation> {
  const { control, end } = await say(sender, frames, { untilEcho: false });
  if (end === "closed") witness.sendText(last);
  const data: string[] = [];
  for (;;) {
    const words = dataWords(await listener.nextFrame());
    if (words === dataWords(last)) return { data, control, end };
    data.push(words);
  }
}

/** Writes the frames, and reads what the sender is told until it has heard its last pong (and echo), or the end. */
async function say(sender: RawClient, frames: readonly Uint8Array[], { untilEcho }: { untilEcho: boolean }) {
  const data: string[] = [];
  const control: string[] = [];
  sender.write(Buffer.concat(frames));
  sender.sendText(last);
  sender.sendFrame(opcodes.ping, last);
  let isPonged = false;
  let isEchoed = !untilEcho;
  while (!isPonged || !isEchoed) {
    const received = await sender.next();
    if (!("opcode" in received)) return { data, control, end: "closed" as const };
    if (received.opcode < 8) data.push(dataWords(received));
    else control.push(controlWords(received));
    isPonged ||= control.at(-1) === `pong ${last}`;
    isEchoed ||= data.at(-1) === dataWords(last);
  }
  return { data, control: control.slice(0, -1), end: "open" as const };
}

/** A message in words; of a long one the length and a hash, so that a failing test prints no book. */
export function dataWords(message: ServerFrame | Uint8Array | string): string {
  if (typeof message === "string") return words("text", Buffer.from(message));
  if (message instanceof Uint8Array) return words("binary", Buffer.from(message));
  return words(message.opcode === opcodes.text ? "text" : "binary", message.payload);
}

/** Byte for byte: only plain ASCII is shown as letters. */
function words(kind: "text" | "binary", bytes: Buffer): string {
  if (bytes.length > 100) return `${kind} of ${bytes.length} bytes, hash ${Bun.hash(bytes)}`;
  const letters = bytes.toString("latin1");
  return kind === "text" && /^[ -~]*$/.test(letters) ? `text "${letters}"` : `${kind} ${bytes.toString("hex")}`;
}

function controlWords(frame: ServerFrame): string {
  if (frame.opcode === opcodes.close) return `close ${closeOf(frame).code}`;
  return frame.opcode === opcodes.pong ? `pong ${frame.payload.toString()}` : `ping ${frame.payload.toString()}`;
}
