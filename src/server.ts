import { type Input, type Profile, startChecked } from "./app/configured.ts";
import type { Clock } from "./core/clock.ts";
import type { Log } from "./core/log.ts";
import type { Random } from "./core/random.ts";
import type { Timers } from "./core/timers.ts";
import type { InProcess } from "./operations/in-process.ts";
import { OperationError } from "./operations/operation-error.ts";

/** What a caller may bring along; production brings nothing but its configuration. */
export interface StartOptions {
  /**
   * What holds where the configuration is silent: `file`, in which nothing is allowed that it does not allow, or
   * `development`, in which everything works at once. Without a configuration it is `development`.
   */
  readonly profile?: Profile;
  /** Time, timers and chance instead of the machine's own. */
  readonly clock?: Clock;
  readonly timers?: Timers;
  readonly random?: Random;
  /** Instead of the log that `log.level` and `log.format` describe, on stderr. */
  readonly log?: Log;
  /** Called when the Hub has failed. Without it the failure is thrown, and ends the process. */
  readonly onFailure?: (error: unknown) => void;
}

/** A server that listens. What a back end can do over HTTP it can do by its methods. */
export interface RunningServer extends InProcess {
  /** Where, without a trailing slash: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** The same of `http_server.internal_port`; null where there is none. */
  readonly internalUrl: string | null;
  /**
   * Stops accepting connections, commits pending publishes, closes every connection with 3001, then closes the listener.
   * Resolves within `shutdown.timeout`; `cut` counts the connections that had to be cut off.
   */
  stop(): Promise<{ readonly cut: number }>;
}

/** A configuration that is not valid: each of its lines begins with the path of a mistake. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly lines: readonly string[];

  constructor(lines: readonly string[]) {
    super(lines.join("\n"));
    this.lines = lines;
  }
}

/** Whether an operation of the server was refused; `code` and `message` say why, as over HTTP. */
export function isOperationError(error: unknown): error is OperationError {
  return error instanceof OperationError;
}

/** The configuration of a server, in the shape of the file: everything may be left out. */
export type ServerConfig = Input;

/**
 * Starts a server inside this process, with a configuration in the shape of the file; neither the environment nor a file
 * is read. Port 0 takes a free one.
 *
 * @throws ConfigError where the configuration is not valid, names a file that is not there, or a Redis or NATS that refuses
 * this node; an Error that names the
 * option where the address cannot be listened at
 */
export async function startServer(input?: ServerConfig, options: StartOptions = {}): Promise<RunningServer> {
  const outcome = await startChecked(input, options);
  if (!outcome.ok) throw new ConfigError(outcome.error);
  const { url, internalUrl, stop, inProcess } = outcome.value;
  return { url, internalUrl, stop, ...inProcess };
}
