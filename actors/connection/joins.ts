import type { Broker, Joined, Wish } from "../../src/broker/broker.ts";
import type { BytesBudget } from "../../src/core/bytes-budget.ts";
import type { ClientError } from "../../src/core/errors.ts";
import { decideGreeting, type JoinedChannel } from "./decide/connect.ts";
import type { Decision, View } from "./decide/decision.ts";
import { decideJoined } from "./decide/joined.ts";
import { decideSubscribe, wishOf, withoutStream } from "./decide/subscribe.ts";
import type { Holdable } from "./held.ts";
import type { Scope } from "./ports.ts";
import { type Ahead, type ConnectionRecord, spenderOf } from "./record.ts";
import { isServerSide, type Joining } from "./subscription.ts";

/** What joins work with. */
export interface JoinPorts {
  readonly broker: Pick<Broker, "prepare" | "join">;
  readonly recoveryBudget: BytesBudget;
  viewOf(scope: Scope): View;
  perform(scope: Scope, decisions: readonly Decision[]): void;
}

/**
 * Joins channels: the one place where a subscription begins. What follows from a join is decided and done inside of the
 * broker's `join`, in step with the channel's deliveries.
 *
 * With a broker that answers later the connection waits (`connect.deferred`, `command.deferred`) until `engine.ready`.
 * That event is sent inside of the broker's `ready`, so that the joins are made there.
 */
export class Joins {
  readonly #ports: JoinPorts;

  constructor(ports: JoinPorts) {
    this.#ports = ports;
  }

  /** Joins one channel, now or when the engine is ready; `cause` is the command that asked for it. */
  join(scope: Scope, joining: Joining, cause: Cause | null): void {
    const { connection, self } = scope;
    if (cause?.ahead && !cause.ahead.isLapsed) {
      connection.waitFor({ for: "join", joining }, cause.ahead.ticket);
      self.send({ type: "command.deferred" });
      return;
    }
    const ticket = connection.nextTicket();
    if (this.#prepare(scope, [this.#wishOf(joining, connection)], ticket)) {
      this.#joinNow(scope, joining);
    } else if (connection.pending) {
      // A back end, or a hook, subscribes while something else is waited for: it is done after that.
      connection.hold(cause?.event ?? { type: "subscription.granted", joining });
    } else {
      connection.waitFor({ for: "join", joining }, ticket);
      self.send({ type: joining.origin === "default" ? "connect.deferred" : "command.deferred" });
    }
  }

  /** Joins the channels of a connect, and greets the client. */
  greet(scope: Scope, joinings: readonly Joining[]): void {
    const { connection, self } = scope;
    const ticket = connection.nextTicket();
    const wishes = joinings.map((joining) => this.#wishOf(joining, connection));
    if (wishes.length === 0 || this.#prepare(scope, wishes, ticket)) {
      this.#greetNow(scope, joinings);
      return;
    }
    connection.waitFor({ for: "greeting", joinings }, ticket);
    self.send({ type: "connect.deferred" });
  }

  /** The engine is ready, or does not answer: what was pending is done now. */
  resume(scope: Scope): void {
    const pending = scope.connection.takePending();
    if (pending?.for === "join") this.#joinNow(scope, pending.joining);
    else if (pending?.for === "greeting") this.#greetNow(scope, pending.joinings);
  }

  /**
   * Starts to prepare the joins of the subscribes that are next among the held commands, so that a hundred of them cost
   * one round trip to the engine. Linear: each held command is looked at once.
   */
  prepareAhead(scope: Scope): void {
    const { connection } = scope;
    const { held } = connection;
    if (!held) return;
    connection.ahead ??= new Map();
    for (let event = held.at(connection.ahead.size); event; event = held.at(connection.ahead.size)) {
      const wish = this.#wishOfHeld(scope, event);
      const ticket = connection.nextTicket();
      if (!wish || this.#prepare(scope, [wish], ticket)) return;
      connection.ahead.set(ticket, { event, ticket, isLapsed: false });
    }
  }

  /** What was prepared for a held command that is taken now; null where nothing was. */
  takeAhead({ ahead }: ConnectionRecord, event: Holdable): Ahead | null {
    const first = ahead?.values().next().value;
    if (!ahead || first?.event !== event) return null;
    ahead.delete(first.ticket);
    return first;
  }

  /** What is asked of the broker: no more is recovered than the connection, its user and its address have left. */
  #wishOf(joining: Joining, connection: ConnectionRecord): Wish {
    const wish = wishOf(joining, connection);
    if (wish.since === null) return wish;
    const bytesMax = Math.min(wish.since.bytesMax, this.#ports.recoveryBudget.left(spenderOf(connection)));
    return { ...wish, since: { ...wish.since, bytesMax } };
  }

  #wishOfHeld(scope: Scope, event: Holdable): Wish | null {
    if (event.type !== "client.subscribe" || event.command.token) return null;
    const [decision] = decideSubscribe(this.#ports.viewOf(scope), event.command, true);
    return decision?.type === "join" ? this.#wishOf(decision.joining, scope.connection) : null;
  }

  /** True: the joins can be made now. */
  #prepare({ connection, self }: Scope, wishes: readonly Wish[], ticket: number): boolean {
    return this.#ports.broker.prepare(wishes, () => {
      if (connection.socket.isOpen()) self.send({ type: "engine.ready", ticket });
    });
  }

  #joinNow(scope: Scope, joining: Joining): void {
    const { channel, options, since } = this.#wishOf(joining, scope.connection);
    this.#ports.broker.join(
      channel,
      options,
      since,
      (joined, error) => {
        if (joined === null && error && isServerSide(joining)) this.#joinNow(scope, withoutStream(joining));
        else this.#ports.perform(scope, decideJoined(this.#ports.viewOf(scope), joining, { joined, error, since }));
      },
      scope.connection.account,
    );
  }

  #greetNow(scope: Scope, joinings: readonly Joining[]): void {
    const joins = joinings.map(
      (joining) => this.#joinFirst(scope, joining) ?? this.#joinFirst(scope, withoutStream(joining)),
    );
    this.#ports.perform(
      scope,
      decideGreeting(
        this.#ports.viewOf(scope),
        joins.filter((join) => join !== null),
      ),
    );
  }

  /** Joins a channel of the connect; null where the store has no room for its stream. */
  #joinFirst(scope: Scope, joining: Joining): JoinedChannel | null {
    const { channel, options, since } = this.#wishOf(joining, scope.connection);
    let join: JoinedChannel | null = null;
    const attach = (joined: Joined | null, error?: ClientError) => {
      if (joined === null && error) return;
      join = { joining, joined, since };
      if (joined) this.#ports.perform(scope, decideJoined(this.#ports.viewOf(scope), joining, { joined, since }));
    };
    this.#ports.broker.join(channel, options, since, attach, scope.connection.account);
    return join;
  }
}

/** The command that decisions follow from, and what was prepared for it before its turn. */
export interface Cause {
  readonly event: Holdable;
  readonly ahead: Ahead | null;
}
