import type { ApplicationHooks } from "./application.ts";
import { decideSettled } from "./decide/connect.ts";
import type { Decision, View } from "./decide/decision.ts";
import type { ConnectionPorts, Scope } from "./ports.ts";
import { verifyToken } from "./verification.ts";

type DecisionOf<Type extends Decision["type"]> = Extract<Decision, { type: Type }>;

/** Decisions on the way of a connection from its credentials to its first command. */
type AdmissionDecision = DecisionOf<"verify" | "refuse connect" | "identify" | "log admission" | "settle" | "be alone">;

/** What admissions work with. */
interface AdmissionParts {
  readonly ports: ConnectionPorts;
  readonly application: ApplicationHooks | null;
  viewOf(scope: Scope): View;
  perform(scope: Scope, decisions: readonly Decision[]): void;
}

/** Verifies tokens, gives a connection its identity, and lets it in. */
export class Admissions {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  perform(scope: Scope, decision: AdmissionDecision): void {
    const { connection, self } = scope;
    const { hub } = this.#parts.ports;
    switch (decision.type) {
      case "verify":
        this.#verify(scope, decision);
        break;
      case "refuse connect":
        self.send({ type: "connect.refused", id: decision.id, refusal: decision.refusal });
        break;
      case "identify":
        this.#identify(scope, decision);
        break;
      case "log admission":
        this.#logAdmission(scope);
        break;
      case "settle":
        this.#settle(scope);
        break;
      case "be alone":
        hub.send({ type: "connection.alone", id: connection.socket.id, user: connection.user });
        break;
      default:
        decision satisfies never;
    }
  }

  #verify(scope: Scope, { token, pending }: DecisionOf<"verify">): void {
    const ticket = scope.connection.waitFor(pending);
    if (pending.for !== "connect") scope.self.send({ type: "token.presented" });
    void verifyToken(this.#parts.ports.authenticator, scope, { token, purpose: pending.for, ticket });
  }

  #identify({ connection }: Scope, { identity, connect, welcome }: DecisionOf<"identify">): void {
    const { ports, application } = this.#parts;
    connection.identity = identity;
    connection.welcome = welcome ?? null;
    connection.expireAt = identity.expireAt;
    connection.connect = connect;
    application?.identified(connection);
    ports.hub.send({ type: "connection.identified", id: connection.socket.id, user: identity.user });
  }

  #logAdmission({ connection }: Scope): void {
    const { ports, application } = this.#parts;
    const { socket, user } = connection;
    application?.connected(connection);
    ports.log.debug("connection.authenticated", { connection: socket.id, user, dialect: socket.dialect });
  }

  #settle(scope: Scope): void {
    const { ports, viewOf, perform } = this.#parts;
    scope.connection.connect = null;
    scope.connection.welcome = null;
    perform(scope, decideSettled(viewOf(scope), ports.random.float()));
  }
}
