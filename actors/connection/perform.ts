import type { Milliseconds } from "../../src/core/time.ts";
import type { Unsubscribe } from "../../src/core/unsubscribes.ts";
import type { DeadlineName } from "../deadlines.ts";
import { Admissions } from "./admission.ts";
import { ApplicationHooks } from "./application.ts";
import { CommandLog } from "./command-log.ts";
import { decideAnswer, decideAskedPublish } from "./decide/answers.ts";
import type { Decision, View } from "./decide/decision.ts";
import type { SealedAnswer } from "./events.ts";
import { performInbox } from "./inbox.ts";
import { type Cause, Joins } from "./joins.ts";
import type { PendingHook } from "./pending.ts";
import type { ConnectionPorts, Scope } from "./ports.ts";
import { Publishes } from "./publishes.ts";
import { read } from "./reads.ts";
import { clientInfoOf, spenderOf } from "./record.ts";

/** Decisions that change what the connection has or waits for. */
type Change = Extract<
  Decision,
  {
    type:
      | "attach"
      | "detach all"
      | "enter"
      | "renew presence"
      | "leave"
      | "update"
      | "set expiry"
      | "note ping"
      | "put off"
      | "set deadline"
      | "clear deadline";
  }
>;

/** Carries decisions out: the one place where a connection has an effect on anything. Made once per server. */
export class Performer {
  readonly #ports: ConnectionPorts;
  readonly #publishes: Publishes;
  readonly #admissions: Admissions;
  readonly joins: Joins;
  readonly commands: CommandLog;
  /** Null without an application. */
  readonly application: ApplicationHooks | null;

  constructor(ports: ConnectionPorts) {
    this.#ports = ports;
    this.commands = new CommandLog(ports);
    this.application = ports.hooks && new ApplicationHooks(ports, ports.hooks);
    this.#publishes = new Publishes(ports, this.application, (scope, asked, outcome) =>
      this.perform(scope, decideAskedPublish(this.viewOf(scope), asked, outcome)),
    );
    const [viewOf, perform] = [this.viewOf.bind(this), this.perform.bind(this)];
    this.#admissions = new Admissions({ ports, application: this.application, viewOf, perform });
    this.joins = new Joins({
      broker: ports.broker,
      recoveryBudget: ports.recoveryBudget,
      viewOf,
      perform,
    });
  }

  /** What is decided from. */
  viewOf({ connection }: Scope): View {
    const { rules, clock, hooks } = this.#ports;
    return { connection, rules, hooks: hooks?.hooks ?? null, wall: clock.wall(), monotonic: clock.monotonic() };
  }

  /** Carries decisions out, in their order; `cause` is the command that they follow from, where it may have to wait. */
  perform(scope: Scope, decisions: readonly Decision[], cause: Cause | null = null): void {
    for (const decision of decisions) this.#performOne(scope, decision, cause);
  }

  /**
   * Carries out what follows from a publish. Its answer waits for those of earlier publishes; what outlives no restart, or
   * is refused, could be answered at once, so that the broker is asked to commit the earlier ones first.
   */
  performPublish(scope: Scope, decisions: readonly Decision[]): void {
    const { connection } = scope;
    const [decision] = decisions;
    // A hook that is asked answers nothing yet.
    if (connection.unanswered === 0 || decision?.type === "ask publish") {
      this.perform(scope, decisions);
      return;
    }
    if (decision?.type !== "publish" || !decision.draft.history?.durable) this.#ports.broker.flush();
    if (decision?.type === "reply") connection.answerPublish(connection.nextPublish(), decision.reply);
    else this.perform(scope, decisions);
  }

  /** Carries out what follows from the answer of a hook: only publishes can be unanswered then. */
  answer(scope: Scope, pending: PendingHook, answer: SealedAnswer): void {
    this.performPublish(scope, decideAnswer(this.viewOf(scope), pending, answer.read()));
  }

  #performOne(scope: Scope, decision: Decision, cause: Cause | null): void {
    const { socket } = scope.connection;
    switch (decision.type) {
      case "reply":
        socket.reply(decision.reply);
        break;
      case "push":
        socket.push(decision.push);
        break;
      case "message":
        socket.message(decision.data);
        break;
      case "send back":
        socket.send(decision.frame);
        break;
      case "end":
        scope.self.send({ type: decision.reason });
        break;
      case "verify":
      case "refuse connect":
      case "identify":
      case "log admission":
      case "settle":
      case "be alone":
        this.#admissions.perform(scope, decision);
        break;
      case "greet":
        this.joins.greet(scope, decision.joinings);
        break;
      case "join":
        this.joins.join(scope, decision.joining, cause);
        break;
      case "publish":
      case "ask publish":
      case "answer publish":
      case "drop":
        this.#publishes.perform(scope, decision);
        break;
      case "read presence":
      case "read presence stats":
      case "read history":
        read(this.#ports, scope, decision);
        break;
      case "ping":
        socket.ping();
        break;
      case "deliver messages":
      case "acknowledge":
        performInbox(this.#ports, scope, decision);
        break;
      case "ask":
      case "call":
      case "tell":
      case "disconnect":
      case "reject connect":
        this.application?.consult(scope, decision, (pending, answer) => this.answer(scope, pending, answer));
        break;
      default:
        this.#changeConnection(scope, decision);
    }
  }

  #changeConnection(scope: Scope, decision: Change): void {
    const { connection } = scope;
    switch (decision.type) {
      case "attach": {
        const { subscription } = decision;
        connection.recoveredBytes += decision.recoveredBytes;
        connection.socket.charge(decision.tokens);
        this.#ports.recoveryBudget.spend(spenderOf(connection), decision.framedBytes);
        // A back end may subscribe to what the client has already: the earlier subscription ends.
        if (connection.subscriptions.has(subscription.channel))
          connection.socket.receiver?.detach(subscription.channel);
        connection.subscriptions.set(subscription);
        connection.socket.receiver?.attach(subscription, decision.base);
        break;
      }
      case "detach all":
        for (const channel of connection.subscriptions.keys()) connection.socket.receiver?.detach(channel);
        connection.subscriptions.clear();
        break;
      case "enter": {
        const { subscription } = decision;
        const info = clientInfoOf(connection, subscription);
        this.#ports.presenceEvents.enter(subscription.channel, info, subscription);
        this.application?.subscribed(connection, subscription);
        break;
      }
      case "renew presence":
        for (const subscription of connection.subscriptions.values()) {
          this.#ports.presenceEvents.renew(subscription.channel, clientInfoOf(connection, subscription), subscription);
        }
        break;
      case "leave":
        this.leave(connection, decision.channel, decision.unsubscribe);
        break;
      case "update":
        connection.subscriptions.set(decision.subscription);
        break;
      case "set expiry":
        connection.setExpiry(decision.expireAt, decision);
        this.application?.identified(connection);
        break;
      case "put off":
        connection.questions?.putOff(decision);
        break;
      case "note ping":
        connection.pingedAt = decision.at;
        break;
      case "set deadline":
        this.setDeadline(scope, decision.name, decision.delay);
        break;
      case "clear deadline":
        this.#clearDeadline(scope, decision.name);
        break;
      default:
        decision satisfies never;
    }
  }

  /** Takes a connection out of a channel, on the node and in the eyes of others. */
  leave(connection: Scope["connection"], channel: string, unsubscribe: Unsubscribe): void {
    const subscription = connection.subscriptions.get(channel);
    if (!subscription) return;
    connection.subscriptions.delete(channel);
    connection.socket.receiver?.detach(channel);
    this.#ports.presenceEvents.leave(channel, clientInfoOf(connection, subscription), subscription);
    this.application?.unsubscribed(connection, channel, unsubscribe);
  }

  /** Sets a deadline of this name, in place of an earlier one. */
  setDeadline(scope: Scope, name: DeadlineName, delay: Milliseconds): void {
    this.#clearDeadline(scope, name);
    scope.connection.deadlines.push(this.#ports.deadlines.set(scope.self, name, delay));
  }

  #clearDeadline({ connection: { deadlines } }: Scope, name: DeadlineName): void {
    const index = deadlines.findIndex((deadline) => deadline.name === name);
    if (index < 0) return;
    const [deadline] = deadlines.splice(index, 1);
    if (deadline) this.#ports.deadlines.cancel(deadline);
  }
}
