import type { Socket } from "bun";
import type { Speech } from "../speech/speech.ts";
import { clientFrame, textFrame } from "../wire/frame-template.ts";
import { afterHead, streamRequest, upgradeRequest } from "../wire/upgrade.ts";

/** How a client is to join. */
export interface Joining {
  readonly port: number;
  readonly speech: Speech;
  readonly channel: string;
  readonly role: "receiver" | "publisher";
  /** Told when something goes wrong after the greeting: the run that is under way has failed. */
  readonly failed: (error: Error) => void;
}

/** The opcode of a binary frame (RFC 6455 5.2). */
const binary = 0x2;

/** A greeting that takes longer than this, in milliseconds, is a failure. */
const greetingMsMax = 20_000;

/**
 * One WebSocket client on a raw TCP socket: upgrade, greeting, then `take` for every chunk. Subclasses say what they
 * do with what comes; nothing here costs anything once a client is greeted.
 */
export abstract class Client {
  #socket: Socket<Client> | null = null;
  #greeting: Buffer | null = Buffer.alloc(0);
  #upgraded = false;
  #joining: Joining | null = null;
  #settle: { resolve: () => void; reject: (error: Error) => void } | null = null;
  #unsent: Buffer = Buffer.alloc(0);
  #leaving = false;

  /** Takes the next bytes after the greeting. */
  protected abstract take(chunk: Buffer): void;

  /** Connects and joins; resolves when the server has said that it is in. */
  async join(joining: Joining): Promise<void> {
    this.#joining = joining;
    const greeted = Promise.withResolvers<void>();
    this.#settle = greeted;
    const timer = setTimeout(() => greeted.reject(new Error("the server did not greet in time")), greetingMsMax);
    try {
      await Bun.connect<Client>({ hostname: "127.0.0.1", port: joining.port, data: this, socket: handlers });
      await greeted.promise;
    } finally {
      clearTimeout(timer);
      this.#settle = null;
    }
  }

  /** Sends bytes; what the kernel does not take at once follows when it does. */
  write(bytes: Buffer): void {
    if (this.#unsent.length > 0) {
      this.#unsent = Buffer.concat([this.#unsent, bytes]);
      return;
    }
    const written = this.#socket?.write(bytes) ?? 0;
    if (written < bytes.length) this.#unsent = Buffer.from(bytes.subarray(Math.max(written, 0)));
  }

  /** Bytes that the kernel has not taken yet. */
  get unsentBytes(): number {
    return this.#unsent.length;
  }

  /** Stops reading, or goes on: a client that does not take what it is sent. */
  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** Leaves without a word, so that no port of this side waits in TIME_WAIT. */
  leave(): void {
    this.#leaving = true;
    this.#socket?.terminate();
  }

  /** For the socket's handlers alone. */
  opened(socket: Socket<Client>): void {
    this.#socket = socket;
    if (!this.#joining) return;
    const { port, speech, channel } = this.#joining;
    socket.write((speech.isStream ? streamRequest : upgradeRequest)(port, speech.target(channel)));
  }

  received(chunk: Buffer): void {
    if (this.#greeting === null) this.take(chunk);
    else this.#greet(chunk);
  }

  drained(): void {
    const bytes = this.#unsent;
    this.#unsent = Buffer.alloc(0);
    if (bytes.length > 0) this.write(bytes);
  }

  /** The connection is gone, which no run wants. */
  closed(): void {
    if (this.#leaving) return;
    const error = new Error("a connection of the load was closed by the server");
    if (this.#settle) this.#settle.reject(error);
    else this.lost(error);
  }

  /** Called when the connection ends by itself after the greeting. */
  protected lost(error: Error): void {
    this.failed(error);
  }

  /** For the socket's handlers and subclasses: something is not as it has to be. */
  failed(error: Error): void {
    this.#joining?.failed(error);
  }

  /** Joins behind the head of the server's answer; false while that is not whole. */
  #enter({ speech, channel, role }: Joining, bytes: Buffer): boolean {
    const rest = afterHead(bytes, speech.isStream ? 200 : 101);
    if (rest === null) return false;
    this.#upgraded = true;
    this.#greeting = rest;
    const frames = role === "receiver" ? speech.joinFrames(channel) : speech.publisherFrames(channel);
    for (const frame of frames) this.write(typeof frame === "string" ? textFrame(frame) : clientFrame(binary, frame));
    return true;
  }

  #greet(chunk: Buffer): void {
    const joining = this.#joining;
    if (!joining || this.#greeting === null) return;
    try {
      this.#greeting = Buffer.concat([this.#greeting, chunk]);
      if (!this.#upgraded && !this.#enter(joining, this.#greeting)) return;
      if (!joining.speech.isGreeted(this.#greeting.toString("latin1"), joining.role)) return;
      this.#greeting = null;
      this.#settle?.resolve();
    } catch (error) {
      this.#settle?.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

const handlers = {
  open: (socket: Socket<Client>) => socket.data.opened(socket),
  data: (socket: Socket<Client>, chunk: Buffer) => socket.data.received(chunk),
  drain: (socket: Socket<Client>) => socket.data.drained(),
  close: (socket: Socket<Client>) => socket.data.closed(),
  error: (socket: Socket<Client>, error: Error) => socket.data.failed(error),
};
