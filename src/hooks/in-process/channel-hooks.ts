import { check } from "../../contract/check.ts";
import { errors } from "../../core/errors.ts";
import { type MaybePromise, then } from "../../core/maybe-promise.ts";
import type { Hook, HookAnswer, HookCall, HookClient, HookKind, HookTypes } from "../hooks.ts";
import { type Application, secondsOf, valueOfData, valueOfJson, valueOfPayload } from "./application.ts";
import { limitsOf } from "./durations.ts";
import { type Configured, configured, type DeclaredChannel } from "./runtime.ts";
import { errorOf, invalidInput, refusalIn } from "./verdict.ts";

/** The hooks of one declared channel; a null one decides nothing. */
export interface ChannelHooks {
  readonly subscribe: Hook<"subscribe">;
  readonly publish: Hook<"publish"> | null;
  readonly subRefresh: Hook<"sub_refresh"> | null;
}

/** A handler of a channel, as its hook runs it. */
interface ChannelHandler {
  readonly application: Application;
  readonly declared: DeclaredChannel;
  readonly handler: Configured<[unknown]>;
}

/** Makes the hooks of a channel. */
export function createChannelHooks(application: Application, declared: DeclaredChannel): ChannelHooks {
  const { handlers, schemas } = declared;
  const of = (handler: Configured<[unknown]>): ChannelHandler => ({ application, declared, handler });
  return {
    subscribe: handlers.subscribe === "everyone" ? openTo(declared) : subscribeHook(of(configured(handlers.subscribe))),
    publish:
      handlers.publish === undefined || !schemas.publish
        ? null
        : handlers.publish === "subscribers"
          ? passingHook({ application, declared })
          : publishHook(of(configured(handlers.publish))),
    subRefresh: handlers.refresh ? refreshHook(of(configured(handlers.refresh))) : null,
  };
}

/** `subscribe: "everyone"`. */
function openTo({ name }: DeclaredChannel): Hook<"subscribe"> {
  const allowed: HookAnswer<"subscribe"> = { kind: "result", result: { expireAt: null } };
  return { kind: "subscribe", name, limits: limitsOf({}, name), run: () => allowed };
}

function subscribeHook(own: ChannelHandler): Hook<"subscribe"> {
  const { application, declared, handler } = own;
  const { name, schemas } = declared;
  const allow = (answer: Record<string, unknown>): MaybePromise<HookAnswer<"subscribe">> =>
    then(infoOf(own, answer), (info) =>
      then(
        schemas.welcome ? application.encodeJson(schemas.welcome, answer["welcome"], `${name}.welcome`) : undefined,
        (data) => ({
          kind: "result",
          result: {
            expireAt: secondsOf(answer["expiresAt"], `${name}.expiresAt`),
            ...(info !== undefined && { info }),
            ...(data !== undefined && { data }),
          },
        }),
      ),
    );
  return {
    kind: "subscribe",
    name,
    limits: limitsOf(handler.options, name),
    run: (client, { channel, data }, call) => {
      const request = schemas.request ? check(schemas.request, valueOfData(data)) : nothing;
      return then(request, (checked) =>
        checked.ok
          ? then(handler.handle(given(own, { client, channel, call }, { data: checked.value })), (answer) =>
              decide(own, answer, allow),
            )
          : invalid(checked.path),
      );
    },
  };
}

function publishHook(own: ChannelHandler): Hook<"publish"> {
  const { application, declared, handler } = own;
  const { name, schemas } = declared;
  const allow = (answer: Record<string, unknown>): MaybePromise<HookAnswer<"publish">> =>
    then(application.encode(schemas.data, answer["data"], `${name}.data`), (data) => ({
      kind: "result",
      result: { data, ...publishOptions(answer, name) },
    }));
  return {
    kind: "publish",
    name,
    limits: limitsOf(handler.options, name),
    run: (client, request, call) =>
      then(checkPublished(declared, request), (checked) => {
        if (!checked.ok) return invalid(checked.path);
        const extra = { data: checked.value, member: memberOf(client, request.member) };
        const on = given(own, { client, channel: request.channel, call }, extra);
        return then(handler.handle(on), (answer) => decide(own, answer, allow));
      }),
  };
}

/** `publish: "subscribers"`: what a subscriber publishes goes out as the schema reads it. */
function passingHook({ application, declared }: Omit<ChannelHandler, "handler">): Hook<"publish"> {
  const { name, schemas } = declared;
  return {
    kind: "publish",
    name,
    limits: limitsOf({}, name),
    run: (_, request) => {
      if (request.member === null) return { kind: "error", error: errors.permissionDenied };
      return then(checkPublished(declared, request), (checked) =>
        checked.ok
          ? then(application.encode(schemas.data, checked.value, `${name}.data`), (data) => ({
              kind: "result" as const,
              result: { data },
            }))
          : invalid(checked.path),
      );
    },
  };
}

function refreshHook(own: ChannelHandler): Hook<"sub_refresh"> {
  const { declared, handler } = own;
  const { name } = declared;
  const allow = (answer: Record<string, unknown>): MaybePromise<HookAnswer<"sub_refresh">> =>
    then(infoOf(own, answer), (info) => ({
      kind: "result",
      result: {
        expireAt: secondsOf(answer["expiresAt"], `${name}.expiresAt`),
        ...(info !== undefined && { info }),
      },
    }));
  return {
    kind: "sub_refresh",
    name,
    limits: limitsOf(handler.options, name),
    run: (client, { channel }, call) =>
      then(handler.handle(given(own, { client, channel, call })), (answer) => decide(own, answer, allow)),
  };
}

const nothing = { ok: true, value: null } as const;

function checkPublished({ schemas }: DeclaredChannel, { data }: HookTypes["publish"]["request"]) {
  return schemas.publish ? check(schemas.publish, valueOfPayload(data)) : nothing;
}

/** What every handler of a channel is given. */
function given(
  { application, declared }: ChannelHandler,
  { client, channel, call }: { client: HookClient; channel: string; call: HookCall },
  extra: Readonly<Record<string, unknown>> = {},
) {
  return {
    ...extra,
    connection: application.handleOf(client),
    channel,
    params: declared.pattern.match(channel) ?? {},
    // Read when the handler reads it: most never do.
    get signal() {
      return call.signal;
    },
    server: application.server,
  };
}

/** Reads the answer of a handler; one that is neither a yes nor a refusal of the contract is a fault. */
function decide<K extends HookKind>(
  { declared: { name, schemas } }: ChannelHandler,
  answer: unknown,
  allow: (answer: Record<string, unknown>) => MaybePromise<HookAnswer<K>>,
): MaybePromise<HookAnswer<K>> {
  const refusal = refusalIn(answer);
  if (refusal) {
    const error = errorOf(refusal, { own: schemas.errors });
    if (error) return { kind: "error", error };
    throw new TypeError(`${name}: the contract has no error ${refusal.code}`);
  }
  if (typeof answer === "object" && answer !== null && "ok" in answer && answer.ok === true) {
    return allow(answer as unknown as Record<string, unknown>);
  }
  throw new TypeError(`${name}: a handler answers { ok: true, ... } or refuse(...)`);
}

function infoOf({ application, declared }: ChannelHandler, answer: Record<string, unknown>) {
  const { info } = answer;
  if (info === undefined || info === null) return undefined;
  return application.encodeJson(declared.schemas.info, info, `${declared.name}.info`);
}

function memberOf(client: HookClient, member: HookTypes["publish"]["request"]["member"]) {
  return member && { user: client.user, client: client.id, info: valueOfJson(member.info ?? null) ?? null };
}

function publishOptions(answer: Record<string, unknown>, name: string) {
  const { tags, idempotencyKey, exclude } = answer;
  if (tags !== undefined && !isTextRecord(tags)) throw new TypeError(`${name}.tags: expected texts by name`);
  if (idempotencyKey !== undefined && typeof idempotencyKey !== "string") {
    throw new TypeError(`${name}.idempotencyKey: expected a text`);
  }
  return {
    ...(tags !== undefined && { tags }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
    ...(exclude === "publisher" && { excludePublisher: true }),
  };
}

function isTextRecord(value: unknown): value is Record<string, string> {
  return typeof value === "object" && value !== null && Object.values(value).every((text) => typeof text === "string");
}

function invalid(path: string): { readonly kind: "error"; readonly error: ReturnType<typeof invalidInput> } {
  return { kind: "error", error: invalidInput(path) };
}
