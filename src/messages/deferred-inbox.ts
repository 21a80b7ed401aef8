import type { MaybePromise } from "../core/maybe-promise.ts";
import type {
  AppendOutcome,
  Device,
  EndedMessage,
  Inbox,
  NewMessage,
  OwedMessage,
  Recalled,
  RememberOutcome,
  Take,
  Until,
} from "./inbox.ts";

/** An inbox that is opened later: until then it answers as one that has failed. */
export class DeferredInbox implements Inbox {
  #inbox: Inbox | null = null;
  #appended: ((user: string) => void) | null = null;

  open(inbox: Inbox): void {
    this.#inbox = inbox;
    if (this.#appended) inbox.listen(this.#appended);
  }

  listen(appended: (user: string) => void): void {
    this.#appended = appended;
    this.#inbox?.listen(appended);
  }

  append(message: NewMessage): MaybePromise<AppendOutcome> {
    return this.#inbox?.append(message) ?? "failed";
  }

  take(take: Take): MaybePromise<readonly OwedMessage[] | null> {
    return this.#inbox?.take(take) ?? null;
  }

  owed(device: Device, ids: readonly string[]): MaybePromise<readonly OwedMessage[] | null> {
    return this.#inbox?.owed(device, ids) ?? null;
  }

  settle(device: Device, ids: readonly string[], how: Until): MaybePromise<readonly EndedMessage[] | null> {
    return this.#inbox?.settle(device, ids, how) ?? null;
  }

  sweep(): MaybePromise<readonly EndedMessage[]> {
    return this.#inbox?.sweep() ?? [];
  }

  remember(key: string, answer: string): MaybePromise<RememberOutcome> {
    return this.#inbox?.remember(key, answer) ?? "failed";
  }

  recall(key: string): MaybePromise<Recalled> {
    return this.#inbox?.recall(key) ?? { state: "failed" };
  }
}
