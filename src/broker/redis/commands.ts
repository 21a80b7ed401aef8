import type { Redis } from "ioredis";
import type { Clock } from "../../core/clock.ts";
import type { Script } from "./script.ts";

/** What is counted of the calls of a server. */
export interface CommandCounts {
  calls: number;
  errors: number;
}

/** A call of a script. */
interface Call {
  readonly script: Script;
  readonly keys: number;
  readonly operands: readonly (string | number)[];
}

/** Where a call goes that another server of the cluster did not execute. */
export interface Redirection {
  readonly to: Commands;
  /** The slot is being moved to that server, which takes the command only after `ASKING`. */
  readonly isAsking: boolean;
}

/** What calls work with. */
interface CommandPorts {
  readonly clock: Clock;
  readonly durations: { observe(milliseconds: number): void };
  /** Receives every call that was not answered. */
  failed(error: unknown): void;
  /** Where a call goes that was refused with this error, `attempt` times before; null where it has failed. */
  redirect(error: string, attempt: number): Promise<Redirection | null> | null;
  /** The script as this server executes it. */
  adapt(script: Script): Script;
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
    const call = { script: this.#ports.adapt(script), keys: keys.length, operands: [...keys, ...args] };
    void this.#run(call, { attempt: 0, isAsking: false })
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
    for (const script of scripts) this.#connection.script("LOAD", this.#ports.adapt(script).lua).catch(() => {});
  }

  #run(call: Call, how: { attempt: number; isAsking: boolean }): Promise<unknown> {
    return this.#send(call, how.isAsking).catch(async (error: unknown) => {
      // Each of these errors says that nothing was executed.
      const redirection = await this.#ports.redirect(String(error), how.attempt);
      if (redirection === null) throw error;
      const { to, isAsking } = redirection;
      return await to.#run(call, { attempt: how.attempt + 1, isAsking });
    });
  }

  #send({ script, keys, operands }: Call, isAsking: boolean): Promise<unknown> {
    if (isAsking) this.#connection.asking().catch(() => {});
    return this.#connection.evalsha(script.sha, keys, ...operands).catch((error: unknown) => {
      if (!String(error).includes("NOSCRIPT")) throw error;
      // Not executed. What was sent after it and is known may overtake it: only after SCRIPT FLUSH.
      if (isAsking) this.#connection.asking().catch(() => {});
      return this.#connection.eval(script.lua, keys, ...operands);
    });
  }
}
