import { join } from "node:path";
import type { Subprocess } from "bun";
import type { LoadCommand, LoadCommands, LoadResponse } from "./commands.ts";

/** A load process, as the one who starts it sees it: one command at a time. */
export class LoadProcess {
  readonly #process: Subprocess;
  #answer: ((response: LoadResponse) => void) | null = null;

  constructor() {
    this.#process = Bun.spawn(["bun", join(import.meta.dir, "main.ts")], {
      stdio: ["ignore", "inherit", "inherit"],
      ipc: (response: LoadResponse) => {
        this.#answer?.(response);
      },
      onExit: () => this.#answer?.({ ok: false, error: "the load process ended" }),
      serialization: "json",
    });
  }

  get pid(): number {
    return this.#process.pid;
  }

  /** Sends a command and waits for its answer; throws what went wrong there. */
  async do<C extends LoadCommand>(command: C, ask: LoadCommands[C]["ask"]): Promise<LoadCommands[C]["answer"]> {
    const response = await new Promise<LoadResponse>((resolve) => {
      this.#answer = resolve;
      this.#process.send({ command, ask });
    });
    this.#answer = null;
    if (!response.ok) throw new Error(response.error);
    // The load process is this program's other half: what it answers to a command has the command's type.
    return response.answer as LoadCommands[C]["answer"];
  }

  async stop(): Promise<void> {
    this.#process.kill();
    await this.#process.exited;
  }
}
