import { type Disconnect, disconnects } from "../../src/core/disconnects.ts";
import { type ClientError, errors } from "../../src/core/errors.ts";
import type { Payload } from "../../src/core/payload.ts";
import type { Unsubscribe } from "../../src/core/unsubscribes.ts";
import { ClientHooks, expiryHooks } from "../../src/hooks/client-hooks.ts";
import type { Hook, HookClient, HookOutcome, Hooks } from "../../src/hooks/hooks.ts";
import { type AskedPublish, AskedPublishes } from "./asked-publishes.ts";
import type { Decision, Question } from "./decide/decision.ts";
import { SealedAnswer } from "./events.ts";
import type { AskedKind, PendingHook } from "./pending.ts";
import type { ConnectionPorts, HookPorts, Scope } from "./ports.ts";
import { Questions } from "./questions.ts";
import type { ConnectionRecord } from "./record.ts";
import type { Subscribed } from "./subscription.ts";

/** What becomes of a publish that a hook has decided. */
type Decided = (asked: AskedPublish, outcome: HookOutcome<"publish">) => void;

/** Decisions that ask the application, or follow from its answers. */
type Consultation = Extract<Decision, { type: "ask" | "call" | "tell" | "disconnect" | "reject connect" }>;

/** What a connection does with an answer that came at once. */
type Answered = (pending: PendingHook, answer: SealedAnswer) => void;

/** How a connection uses the hooks of the application: asks them, calls them, and notifies them of its lifecycle. */
export class ApplicationHooks {
  readonly #ports: Pick<ConnectionPorts, "clock">;
  readonly #hooks: HookPorts;

  constructor(ports: ConnectionPorts, hooks: HookPorts) {
    this.#ports = ports;
    this.#hooks = hooks;
  }

  /** Carries out what concerns hooks; `answered` is given the answer of a hook that answers at once. */
  consult(scope: Scope, decision: Consultation, answered: Answered): void {
    const { self } = scope;
    switch (decision.type) {
      case "ask":
        this.#ask(scope, decision.question, decision.pending, answered);
        break;
      case "call":
        this.#call(scope, decision.id, decision);
        break;
      case "tell":
        this.#take(scope, decision.data);
        break;
      case "disconnect":
        self.send({ type: "hook.disconnected", disconnect: decision.disconnect });
        break;
      case "reject connect":
        self.send({ type: "connect.rejected", id: decision.id, error: decision.error });
        break;
    }
  }

  /**
   * Asks a hook. An answer that comes at once is given to `answered` before this returns; otherwise it comes by the event
   * `hook.answered`, for which the connection waits unless the hook runs beside its commands.
   */
  #ask(scope: Scope, question: Question, pending: PendingHook, answered: Answered): void {
    const { connection, self } = scope;
    // The hook and the request are of the same kind: which kind does not matter from here on.
    const hook = find(this.#hooks.hooks, question) as Hook<AskedKind> | null;
    if (!hook) {
      answered(pending, new SealedAnswer({ kind: "none" }));
      return;
    }
    let ticket = 0;
    let early: SealedAnswer | null = null;
    const calls = this.#callsOf(connection);
    if (pending.for === "connect hook") calls.client.emulated = pending.command.headers?.read() ?? null;
    calls.call(hook, question.request, (outcome: HookOutcome<AskedKind>) => {
      const answer = new SealedAnswer(outcome);
      if (ticket === 0) early = answer;
      else if (connection.socket.isOpen()) self.send({ type: "hook.answered", ticket, answer });
    });
    if (early) {
      answered(pending, early);
      return;
    }
    if (this.#runsBeside(pending, hook)) {
      connection.questions ??= new Questions();
      ticket = connection.questions.add(connection.nextTicket(), pending);
      return;
    }
    ticket = connection.waitFor(pending);
    // While it connects, the machine waits already.
    if (pending.for !== "connect hook") self.send({ type: deferral(pending) });
  }

  #runsBeside(pending: PendingHook, { kind }: Hook): boolean {
    // A client that was opened for one channel waits for it.
    const isFirst = pending.for === "subscribe hook" && pending.subscription.origin === "default";
    return !isFirst && (expiryHooks.has(kind) || this.#hooks.hooks.options.beside.has(kind));
  }

  /** A call of the client: it is answered when the hook has decided; the other commands go on, or wait for it. */
  #call(scope: Scope, id: number, { method, data }: { readonly method: string; readonly data: Payload }): void {
    const { connection, self } = scope;
    const { socket } = connection;
    const refuse = (error: ClientError) => socket.reply({ id, method: "error", error });
    const route = this.#hooks.hooks.rpc(method);
    if (typeof route === "string") {
      refuse(route === "no methods" ? errors.notAvailable : errors.methodNotFound);
      return;
    }
    let ticket = 0;
    let isAnswered = false;
    this.#callsOf(connection).call(route, { method, data }, (outcome) => {
      isAnswered = true;
      if (outcome.kind === "disconnect") disconnect(scope, outcome.disconnect);
      else if (outcome.kind === "error" || outcome.kind === "failed") refuse(outcome.error);
      else socket.reply({ id, method: "rpc", result: outcome.kind === "result" ? outcome.result : {} });
      if (ticket !== 0 && socket.isOpen()) self.send({ type: "query.answered", ticket });
    });
    if (isAnswered || this.#hooks.hooks.options.beside.has("rpc")) return;
    ticket = connection.waitFor({ for: "query" });
    self.send({ type: "command.deferred" });
  }

  /** A message of the client, which is not answered. One that no handler is for is dropped. */
  #take(scope: Scope, data: Payload): void {
    const route = this.#hooks.hooks.send(data);
    if (route === "no messages") scope.self.send({ type: "command.unavailable" });
    if (typeof route === "string") return;
    this.#callsOf(scope.connection).call(route, { data }, (outcome) => {
      if (outcome.kind === "disconnect") disconnect(scope, outcome.disconnect);
    });
  }

  /** Asks a hook about a publish beside those before it; false: it has to come after them. */
  publishBeside(scope: Scope, asked: Omit<AskedPublish, "answer">, decided: (outcome: HookOutcome<"publish">) => void) {
    if (!this.#hooks.hooks.options.beside.has("publish")) return false;
    this.#askPublish(scope, asked, decided);
    return true;
  }

  /** Asks a hook about a publish, when those before it are decided; `decided` is given what it says. */
  publish(scope: Scope, asked: AskedPublish, decided: Decided): void {
    const { connection } = scope;
    connection.asked ??= new AskedPublishes();
    if (connection.asked.running === null) {
      connection.asked.running = asked;
      this.#askInOrder(scope, connection.asked, asked, decided);
    } else if (connection.asked.takes(asked, connection.socket.heldMax)) connection.asked.add(asked);
    else disconnect(scope, disconnects.tooManyRequests);
  }

  /** Asks, and goes on with the next one when that is decided; a loop where hooks answer at once. */
  #askInOrder(scope: Scope, queue: AskedPublishes, first: AskedPublish, decided: Decided): void {
    let asked: AskedPublish | undefined = first;
    while (asked) {
      const current: AskedPublish = asked;
      let isNow = true;
      let isDecided = false;
      this.#askPublish(scope, current, (outcome) => {
        // What was running when its connection ended is answered already.
        if (queue.running !== current) return;
        decided(current, outcome);
        isDecided = true;
        const next = isNow ? undefined : queue.next();
        if (next) this.#askInOrder(scope, queue, next, decided);
      });
      isNow = false;
      asked = isDecided ? queue.next() : undefined;
    }
  }

  #askPublish(
    { connection }: Scope,
    { draft, data, member }: Omit<AskedPublish, "answer">,
    done: (outcome: HookOutcome<"publish">) => void,
  ): void {
    const { channel } = draft;
    const hook = this.#hooks.hooks.publish(channel);
    if (hook) this.#callsOf(connection).call(hook, { channel, data: data.read(), member }, done);
    else done({ kind: "none" });
  }

  /** It is known who the client is, or something new is known of it. */
  identified(connection: ConnectionRecord): void {
    const { client } = this.#callsOf(connection);
    client.user = connection.user;
    client.meta = connection.identity?.meta ?? null;
    client.emulated ??= connection.connect?.headers?.read() ?? null;
  }

  connected(connection: ConnectionRecord): void {
    connection.admittedAt = this.#ports.clock.monotonic();
    this.#hooks.hooks.tell({ type: "connected", client: this.#callsOf(connection).client });
  }

  subscribed(connection: ConnectionRecord, { channel }: Subscribed): void {
    this.#hooks.channels.entered(channel);
    this.#hooks.hooks.tell({ type: "subscribed", client: this.#callsOf(connection).client, channel });
  }

  unsubscribed(connection: ConnectionRecord, channel: string, unsubscribe: Unsubscribe): void {
    this.#hooks.hooks.tell({ type: "unsubscribed", client: this.#callsOf(connection).client, channel, unsubscribe });
    this.#hooks.channels.left(channel);
  }

  /** No answer of a hook is waited for any more: publishes that are not decided are answered with an error. */
  end(connection: ConnectionRecord): void {
    connection.hooks?.end();
    for (const { answer } of connection.asked?.clear() ?? []) {
      const isDue = answer !== null && answer.number > connection.answered;
      if (isDue) connection.answerPublish(answer.number, { id: answer.id, method: "error", error: errors.internal });
    }
  }

  disconnected(connection: ConnectionRecord): void {
    const { admittedAt, disconnect: reason } = connection;
    if (admittedAt === null) return;
    connection.admittedAt = null;
    const duration = this.#ports.clock.monotonic() - admittedAt;
    const { client } = this.#callsOf(connection);
    this.#hooks.hooks.tell({ type: "disconnected", client, disconnect: reason, duration });
  }

  #callsOf(connection: ConnectionRecord): ClientHooks {
    connection.hooks ??= new ClientHooks(clientOf(connection), this.#hooks.caller, this.#hooks.hooks.options);
    return connection.hooks;
  }
}

function clientOf({ socket, user }: ConnectionRecord): HookClient {
  return {
    id: socket.id,
    user,
    meta: null,
    transport: socket.capabilities.isUnidirectional ? `uni_${socket.transport}` : socket.transport,
    emulated: null,
    // The variant for unidirectional clients is the same encoding to an application.
    encoding: socket.encodingName.split("-", 1)[0] ?? "",
    address: socket.address,
    upgrade: socket.upgrade ?? noRequest,
    state: null,
  };
}

/** A socket whose request was not kept. */
const noRequest = { url: "", headers: new Headers() };

function find(hooks: Hooks, question: Question) {
  switch (question.kind) {
    case "connect":
      return hooks.connect(question.request.token);
    case "subscribe":
      return hooks.subscribe(question.request.channel);
    case "refresh":
      return hooks.refresh();
    case "sub_refresh":
      return hooks.subRefresh(question.request.channel);
  }
}

/** The event that makes the machine wait. */
function deferral(pending: PendingHook): "connect.deferred" | "command.deferred" {
  const isDefault = pending.for === "subscribe hook" && pending.subscription.origin === "default";
  return isDefault ? "connect.deferred" : "command.deferred";
}

function disconnect({ connection, self }: Scope, reason: Disconnect): void {
  if (connection.socket.isOpen()) self.send({ type: "hook.disconnected", disconnect: reason });
}
