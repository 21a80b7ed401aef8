import type { Redis } from "ioredis";
import type { Clock } from "../../core/clock.ts";
import type { Script } from "./script.ts";

/** What is counted of the calls of a server. */
export interface CommandCounts {
  calls: number;
  errors: number;
}

/** What calls work with. */
interface CommandPorts {
  readonly clock: Clock;
  readonly durations: { observe(milliseconds: number): void };
  /** Is told of every call that was not answered. */
  failed(error: unknown): void;
}

/** Who calls scripts at a server. */
export interface ScriptCaller {
  /** Calls a script; `done` is given null where it was not answered, which says nothing about whether it was executed. */
  call(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    done: (answer: unknown) => void,
  ): void;
}

/** Calls scripts by their names, and teaches a server those that it does not know. */
export class Commands implements ScriptCaller {
  readonly counts: CommandCounts = { calls: 0, errors: 0 };
  readonly #connection: Redis;
  readonly #ports: CommandPorts;

  constructor(connection: Redis, ports: CommandPorts) {
    this.#connection = connection;
    this.#ports = ports;
  }

  call(
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
    done: (answer: unknown) => void,
  ): void {
    this.counts.calls += 1;
    const { clock, durations } = this.#ports;
    const startedAt = clock.monotonic();
    const operands = [...keys, ...args];
    this.#connection
      .evalsha(script.sha, keys.length, ...operands)
      .catch((error: unknown) => {
        // Not executed. What was sent after it and is known may overtake it: only after SCRIPT FLUSH.
        if (String(error).includes("NOSCRIPT")) return this.#connection.eval(script.lua, keys.length, ...operands);
        throw error;
      })
      .catch((error: unknown) => {
        this.counts.errors += 1;
        this.#ports.failed(error);
        return null;
      })
      .then((answer) => {
        durations.observe(clock.monotonic() - startedAt);
        done(answer);
      });
  }

  /** Teaches a new server the scripts, before anything calls them. */
  load(scripts: readonly Script[]): void {
    for (const { lua } of scripts) this.#connection.script("LOAD", lua).catch(() => {});
  }
}
