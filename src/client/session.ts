import type { Centrifuge } from "centrifuge";
import { type ErrorNames, failureOf, failureOfRejection, type Result } from "./result.ts";

/** The stock client, and what is known of its connection. */
export class Session {
  readonly centrifuge: Centrifuge;
  #hasConnected = false;
  #end: { readonly code: number; readonly reason: string } | null = null;

  constructor(centrifuge: Centrifuge) {
    this.centrifuge = centrifuge;
    centrifuge.on("disconnected", (context) => {
      this.#end = context;
    });
    centrifuge.on("connecting", () => {
      this.#hasConnected = true;
      this.#end = null;
    });
  }

  /** Connects at the first use. After a disconnect, by either side, the application connects again itself. */
  connect(): void {
    if (this.#hasConnected || this.centrifuge.state !== "disconnected") return;
    this.#hasConnected = true;
    this.centrifuge.connect();
  }

  /** Asks the server, and turns a rejection into a value. Where the connection has ended, its end is the reason. */
  async answer<T>(ask: () => Promise<T>, names: ErrorNames): Promise<Result<T, string>> {
    this.connect();
    try {
      return { ok: true, value: await ask() };
    } catch (rejection) {
      const failure = failureOfRejection<string>(rejection, names);
      if (failure.error.code !== "disconnected" || this.#end === null) return failure;
      const { code, reason } = this.#end;
      return failureOf({ number: code, message: reason, temporary: false }, names);
    }
  }
}
