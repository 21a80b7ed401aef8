import type { StandardSchemaV1 as Schema } from "@standard-schema/spec";
import { check } from "../../contract/check.ts";
import { type MaybePromise, then } from "../../core/maybe-promise.ts";
import type { Hook, HookAnswer, HookKind } from "../hooks.ts";
import { type Application, secondsOf, valueOfData } from "./application.ts";
import { limitsOf } from "./durations.ts";
import { UpgradeHandle } from "./handle.ts";
import type { HandlerOptions, Verified } from "./handlers.ts";
import type { RuntimeHandlers } from "./runtime.ts";
import { errorOf, invalidInput, refusalIn } from "./verdict.ts";

/** `authenticate` as an application wrote it. */
export interface RuntimeAuthenticate {
  readonly handle: (attempt: unknown) => unknown;
  readonly options: HandlerOptions;
}

/** What authentication needs beside the handler. */
export interface ConnectParts {
  /** What the client sends with connect; undefined where the contract has nothing for it. */
  readonly schema: Schema | undefined;
  verify(token: string): Promise<Verified>;
}

/** Makes the hook that decides who a connection is. */
export function createConnectHook(
  application: Application,
  { handle, options }: RuntimeAuthenticate,
  { schema, verify }: ConnectParts,
): Hook<"connect"> {
  return {
    kind: "connect",
    name: "authenticate",
    limits: limitsOf(options, "authenticate"),
    run: (client, { token, data }, call) =>
      then(schema ? check(schema, valueOfData(data)) : nothing, (checked) => {
        if (!checked.ok) return { kind: "error" as const, error: invalidInput(checked.path) };
        const attempt = {
          upgrade: new UpgradeHandle(client),
          token,
          data: checked.value,
          // Read when the handler reads it: most never do.
          get signal() {
            return call.signal;
          },
          verify,
        };
        return then(handle(attempt) as MaybePromise<unknown>, (answer) =>
          decide<"connect">("authenticate", answer, (accepted) => {
            application.accept(client, accepted["session"]);
            return acceptedOf(application, accepted);
          }),
        );
      }),
  };
}

/** Makes the hook that is asked when a connection has expired. */
export function createRefreshHook(
  application: Application,
  handle: NonNullable<RuntimeHandlers["refresh"]>,
): Hook<"refresh"> {
  return {
    kind: "refresh",
    name: "refresh",
    limits: limitsOf({}, "refresh"),
    run: (client, _, call) => {
      const on = {
        connection: application.handleOf(client),
        get signal() {
          return call.signal;
        },
      };
      return then(handle(on), (answer) =>
        decide<"refresh">("refresh", answer, ({ expiresAt, info }) =>
          then(infoOf(application, info, "refresh"), (json) => ({
            kind: "result" as const,
            result: { expireAt: secondsOf(expiresAt, "refresh.expiresAt"), ...(json !== undefined && { info: json }) },
          })),
        ),
      );
    },
  };
}

const nothing = { ok: true, value: null } as const;

function acceptedOf(
  application: Application,
  { user, info, expiresAt, channels }: Record<string, unknown>,
): MaybePromise<HookAnswer<"connect">> {
  if (typeof user !== "string" || !user.isWellFormed()) {
    throw new TypeError("authenticate: `user` is a text of well-formed Unicode");
  }
  const names: unknown = channels ?? [];
  if (!isTextList(names)) throw new TypeError("authenticate: `channels` is a list of texts");
  return then(infoOf(application, info, "authenticate"), (json) => ({
    kind: "result",
    result: {
      user,
      expireAt: secondsOf(expiresAt, "authenticate.expiresAt"),
      ...(json !== undefined && { info: json }),
      subscriptions: names.map((channel) => ({ channel })),
    },
  }));
}

function decide<K extends HookKind>(
  what: string,
  answer: unknown,
  allow: (answer: Record<string, unknown>) => MaybePromise<HookAnswer<K>>,
): MaybePromise<HookAnswer<K>> {
  const refusal = refusalIn(answer);
  const error = refusal && errorOf(refusal, {});
  if (error) return { kind: "error", error };
  if (typeof answer === "object" && answer !== null && "ok" in answer && answer.ok === true) {
    return allow(answer as unknown as Record<string, unknown>);
  }
  throw new TypeError(`${what}: a handler answers accept(...), { ok: true, ... } or refuse(...)`);
}

function infoOf(application: Application, info: unknown, what: string): MaybePromise<string | undefined> {
  return info === undefined || info === null ? undefined : application.encodeJson(undefined, info, `${what}.info`);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
