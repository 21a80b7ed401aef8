import { type ClientError, errors } from "../core/errors.ts";
import type { Broker, HistoryOutcome, Joined } from "./broker.ts";

/** The calls of a broker that are guarded here; `publish` is guarded by the actor that routes publications. */
type GuardedCall = Exclude<keyof Broker, "publish" | "close">;

/** Receives what a call of the broker has thrown. */
type Failed = (call: GuardedCall, error: unknown) => void;

const noHistory: HistoryOutcome = { ok: false, error: errors.internal };

/**
 * A broker whose calls do not throw, whatever the real one does: a throw is reported to `failed`, and the caller gets the
 * answer of an engine that does not work (error 100, no position). A throw of a caller's own callback goes back to it.
 */
export function guardBroker(broker: Broker, failed: Failed): Broker {
  const guarded = <Value>(call: GuardedCall, run: () => Value, otherwise: Value): Value => {
    try {
      return run();
    } catch (error) {
      failed(call, error);
      return otherwise;
    }
  };
  const answered = guardAnswers(failed);
  return {
    publish: (draft, done) => broker.publish(draft, done),
    prepare: (wishes, ready) => guarded("prepare", () => broker.prepare(wishes, ready), true),
    join: (channel, options, since, attach, account) => {
      let refusal: ClientError | undefined;
      const done = (joined: Joined | null) => attach(joined, refusal);
      answered<Joined | null>("join", { done, otherwise: null }, (given) =>
        broker.join(
          channel,
          options,
          since,
          (joined, error) => {
            refusal = error;
            given(joined);
          },
          account,
        ),
      );
    },
    leave: (channel) => guarded("leave", () => broker.leave(channel), undefined),
    history: (channel, options, filter, done) =>
      answered<HistoryOutcome>("history", { done, otherwise: noHistory }, (given) =>
        broker.history(channel, options, filter, given),
      ),
    historyRemove: (channel, options, done) =>
      answered<ClientError | null>("historyRemove", { done, otherwise: errors.internal }, (given) =>
        broker.historyRemove(channel, options, given),
      ),
    top: (channel, options) => guarded("top", () => broker.top(channel, options), null),
    flush: () => guarded("flush", () => broker.flush(), true),
    close: () => broker.close(),
  };
}

/**
 * Runs calls that answer through a callback: where one throws before it has answered, `otherwise` is the answer. What the
 * callback throws meanwhile is kept from the broker and thrown to its caller.
 */
function guardAnswers(failed: Failed) {
  return <Value>(
    call: GuardedCall,
    { done, otherwise }: { done: (value: Value) => void; otherwise: Value },
    run: (done: (value: Value) => void) => void,
  ): void => {
    let state: "running" | "answered" | "returned" = "running";
    let thrown: { readonly error: unknown } | null = null;
    try {
      run((value) => {
        if (state === "returned") return done(value);
        state = "answered";
        try {
          done(value);
        } catch (error) {
          thrown = { error };
        }
      });
    } catch (error) {
      failed(call, error);
      if (state === "running") done(otherwise);
    }
    state = "returned";
    const own = thrown as { readonly error: unknown } | null;
    if (own !== null) throw own.error;
  };
}
