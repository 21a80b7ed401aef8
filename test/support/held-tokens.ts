import type { Authenticator } from "../../src/auth/authenticator.ts";
import { Inbox } from "./inbox.ts";

/** A verification that has begun and goes no further until it is let go. */
export interface HeldToken {
  /** Lets the real authenticator look at the token; its verdict goes on to the connection. */
  release(): void;
}

/** Puts every verification of a token on hold, so that a test can say what happens in between. */
export class HeldTokens {
  readonly #inbox = new Inbox<HeldToken>("held tokens", () => "a token that is looked at");
  #isHolding = true;

  /** For `replace` of `startServer`. */
  readonly authenticator = (real: Authenticator | null): Authenticator | null =>
    real && {
      connection: (token) => this.#hold(() => real.connection(token)),
      subscription: (token) => this.#hold(() => real.subscription(token)),
    };

  /** The next verification that begins. */
  next(): Promise<HeldToken> {
    return this.#inbox.next();
  }

  /** From here on tokens are looked at as ever. */
  stopHolding(): void {
    this.#isHolding = false;
  }

  async #hold<T>(verify: () => Promise<T>): Promise<T> {
    if (this.#isHolding) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#inbox.push({ release: resolve });
      await promise;
    }
    return await verify();
  }
}
