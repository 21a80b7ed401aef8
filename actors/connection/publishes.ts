import type { Outcome } from "../../src/broker/broker.ts";
import { errors } from "../../src/core/errors.ts";
import type { Reply } from "../../src/core/reply.ts";
import { ThrottledLog } from "../../src/core/throttled-log.ts";
import type { HookOutcome } from "../../src/hooks/hooks.ts";
import { countIn } from "../../src/metrics/counters.ts";
import { PublishEvent } from "../hub/events.ts";
import type { ApplicationHooks } from "./application.ts";
import type { AskedPublish } from "./asked-publishes.ts";
import type { Decision } from "./decide/decision.ts";
import type { ConnectionPorts, Scope } from "./ports.ts";

type DecisionOf<Type extends Decision["type"]> = Extract<Decision, { type: Type }>;

/** What follows when a hook has decided a publish. */
type Decided = (scope: Scope, asked: AskedPublish, outcome: HookOutcome<"publish">) => void;

/** Why publishes of clients that read no errors are dropped, by the code of the error; the labels of a metric. */
const dropReasons: ReadonlyMap<number, string> = new Map<number, string>([
  [errors.permissionDenied.code, "permission"],
  [errors.badRequest.code, "format"],
  [errors.limitExceeded.code, "limit"],
  [errors.internal.code, "failed"],
]);

/** Carries out what becomes of publishes. */
export class Publishes {
  readonly #ports: ConnectionPorts;
  readonly #application: ApplicationHooks | null;
  readonly #decided: Decided;
  readonly #drops: ThrottledLog;

  constructor(ports: ConnectionPorts, application: ApplicationHooks | null, decided: Decided) {
    this.#ports = ports;
    this.#application = application;
    this.#decided = decided;
    this.#drops = new ThrottledLog("publish.dropped", { clock: ports.clock, log: ports.log, level: "info" });
  }

  perform(scope: Scope, decision: DecisionOf<"publish" | "ask publish" | "answer publish" | "drop">): void {
    switch (decision.type) {
      case "publish":
        this.#publish(scope, decision);
        break;
      case "ask publish":
        this.#askPublish(scope, decision);
        break;
      case "answer publish":
        this.#answerPublish(scope, decision.number, decision.reply);
        break;
      case "drop":
        this.#drop(scope, decision);
        break;
    }
  }

  /** Publications go to the Hub's router; the reply waits for the commit. */
  #publish(scope: Scope, { id, draft, number: place = null }: DecisionOf<"publish">): void {
    const { connection } = scope;
    if (id === null) {
      connection.refusedPublishes = 0;
      this.#ports.publications.send(new PublishEvent("client", draft, null));
      return;
    }
    const number = place ?? connection.nextPublish();
    const done = (outcome: Outcome) =>
      this.#answerPublish(
        scope,
        number,
        outcome.ok ? { id, method: "publish" } : { id, method: "error", error: outcome.error },
      );
    this.#ports.publications.send(new PublishEvent("client", draft, done));
  }

  #answerPublish({ connection, self }: Scope, number: number, reply: Reply | null): void {
    connection.answerPublish(number, reply);
    if (connection.unanswered === 0 && connection.awaitsPublishes) self.send({ type: "publish.answered" });
  }

  #askPublish(scope: Scope, { id, draft, data, member }: DecisionOf<"ask publish">): void {
    const { connection } = scope;
    const asked = { draft, data, member };
    const answer = () => (id === null ? null : { id, number: connection.nextPublish() });
    const isBeside = this.#application?.publishBeside(scope, asked, (outcome) => {
      if (connection.socket.isOpen()) this.#decided(scope, { ...asked, answer: answer() }, outcome);
    });
    if (isBeside) return;
    this.#application?.publish(scope, { ...asked, answer: answer() }, (decided, outcome) =>
      this.#decided(scope, decided, outcome),
    );
  }

  /** The client reads no errors, so that it is counted by its reason, and one in a minute is logged. */
  #drop({ connection }: Scope, { error }: DecisionOf<"drop">): void {
    const { socket, user } = connection;
    const reason = dropReasons.get(error.code) ?? "refused";
    countIn(this.#ports.counters.dropped, reason);
    this.#drops.add({ reason, code: error.code, channel: socket.defaultChannel, user });
    if (error.code === errors.badRequest.code) connection.refusedPublishes += 1;
  }
}
