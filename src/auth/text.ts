import type { Clock } from "../core/clock.ts";
import type { Identity } from "../core/identity.ts";
import type { SubscriptionClaims } from "./authenticator.ts";
import { type Outcome, refusals } from "./refusals.ts";
import { describeMoment } from "./time.ts";

/** What a command says, without the last line break, and how the process is to exit. */
export interface CommandResult {
  readonly text: string;
  readonly exitCode: 0 | 1 | 2;
}

/** The outcomes that a client sees, by kind of token and refusal. */
const answers = {
  connection: { invalid: "disconnect 3500", expired: "error 109", unavailable: "error 100" },
  subscription: { invalid: "error 103", expired: "error 109", unavailable: "error 100" },
} as const;

/** A valid connection token in words. */
export function describeConnection(identity: Identity, clock: Clock): CommandResult {
  const channels = identity.subscriptions.map(({ channel }) => printable(channel)).join(", ");
  const lines = [
    `valid connection token for ${describeUser(identity.user)}`,
    ...(channels === "" ? [] : [`subscribes to ${channels}`]),
    ...(identity.info === undefined ? [] : [`info ${escaped(identity.info)}`]),
  ];
  return withExpiry(lines, identity.expireAt, clock);
}

/** A valid subscription token in words. */
export function describeSubscription(claims: SubscriptionClaims, clock: Clock): CommandResult {
  const lines = [
    `valid subscription token for ${describeUser(claims.user)} in channel ${printable(claims.channel)}`,
    ...(claims.client === "" ? [] : [`for client ${printable(claims.client)} alone`]),
    ...(claims.info === undefined ? [] : [`info ${escaped(claims.info)}`]),
    ...(claims.data === undefined ? [] : [`data ${escaped(claims.data)}`]),
  ];
  return withExpiry(lines, claims.expireAt, clock);
}

function withExpiry(lines: readonly string[], expireAt: number | null, clock: Clock): CommandResult {
  if (expireAt === null) return { text: [...lines, "never expires"].join("\n"), exitCode: 0 };
  const moment = describeMoment(expireAt, clock);
  if (expireAt > clock.wall() / 1000) return { text: [...lines, `expires ${moment}`].join("\n"), exitCode: 0 };
  return failed([...lines, `but its expire_at has passed: ${moment}; its client gets error 110`].join("\n"));
}

/** A refused token in words. */
export function describeRefusal(
  kind: keyof typeof answers,
  { error: { reason, at } }: Extract<Outcome<never>, { ok: false }>,
  clock: Clock,
): CommandResult {
  const { refusal, words } = refusals[reason];
  const moment = at === undefined ? "" : `: ${describeMoment(at, clock)}`;
  return failed(`refused as a ${kind} token: ${words}${moment}; its client gets ${answers[kind][refusal]}`);
}

/** What a command says where it could not do what it was asked for. */
export function failed(text: string): CommandResult {
  return { text, exitCode: 1 };
}

/** What a command says that was not asked in its own words. */
export function misused(text: string): CommandResult {
  return { text, exitCode: 2 };
}

/** A user's name in a sentence. */
export function describeUser(user: string): string {
  return user === "" ? "the anonymous user" : `user ${printable(user)}`;
}

/** A text that came from a token, quoted, so that it can move nothing on a terminal. */
export function printable(text: string): string {
  return escaped(JSON.stringify(text));
}

/** JSON with the controls escaped that JSON leaves alone: C1, and what turns or hides text. */
function escaped(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
