import type { Redis } from "ioredis";
import type { Clock } from "../../core/clock.ts";
import { milliseconds } from "../../core/time.ts";
import type { Timer, Timers } from "../../core/timers.ts";
import type { Listening } from "./listening.ts";

/** Milliseconds between two probes. */
const interval = milliseconds(1_000);
/** Milliseconds without an answer after which both connections are left: two and a half probes. */
const silence = 2_500;

/** What the probe works with. */
export interface ProbePorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly listening: Listening;
  /** What the probe is published in, and nothing else of any node; null where the server has no place for it. */
  name(): string | null;
  /** The probe asks; each second. */
  asking(): void;
  /** Both connections were silent for too long, and are left. */
  silent(): void;
}

/**
 * Whether both connections work: each second the one sends the other a message. A server that hangs, a network that
 * drops everything and a master that was left by its sentinel answer nothing and close nothing: no client notices that.
 */
export class Probe {
  readonly #commands: Redis;
  readonly #messages: Redis;
  readonly #ports: ProbePorts;
  readonly #timer: Timer;
  #heardAt: number;
  #silentSince: number;
  /** What the server has said that it is listened to; null while there is nothing. */
  #name: string | null = null;

  constructor(commands: Redis, messages: Redis, ports: ProbePorts) {
    this.#commands = commands;
    this.#messages = messages;
    this.#ports = ports;
    this.#heardAt = Number.NEGATIVE_INFINITY;
    this.#silentSince = ports.clock.monotonic();
    this.#timer = ports.timers.setInterval(() => this.#tick(), interval);
  }

  isOwn(name: string): boolean {
    return name === this.#name;
  }

  /** Milliseconds since the last answer; infinity before the first. */
  get age(): number {
    return this.#ports.clock.monotonic() - this.#heardAt;
  }

  /** Both connections have answered of late. */
  get isUp(): boolean {
    return this.age < silence + interval;
  }

  /** The probe's own message has come. */
  heard(): void {
    this.#heardAt = this.#ports.clock.monotonic();
    this.#silentSince = this.#heardAt;
  }

  /** The connection of messages is new, or the server has another place for it: the probe listens there, and asks at once. */
  async listen(): Promise<void> {
    this.#silentSince = this.#ports.clock.monotonic();
    this.#name = null;
    const name = this.#ports.name();
    if (name === null) return;
    try {
      await this.#ports.listening.subscribe(this.#messages, [name]);
      this.#name = name;
      this.ask();
    } catch {
      // The connection has gone again, or the next tick finds it silent.
    }
  }

  /** Asks once, where the server is listened to. */
  ask(): void {
    if (this.#name === null) return;
    this.#commands.call(this.#ports.listening.publish, this.#name, "").catch(() => {});
    this.#ports.asking();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #tick(): void {
    const now = this.#ports.clock.monotonic();
    if (now - this.#silentSince < silence) {
      this.ask();
      return;
    }
    this.#silentSince = now;
    this.#ports.silent();
    // Not an orderly end: the server may not answer.
    for (const connection of [this.#commands, this.#messages]) connection.stream?.destroy();
  }
}
