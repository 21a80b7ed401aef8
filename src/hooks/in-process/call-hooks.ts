import { check } from "../../contract/check.ts";
import { envelopeIn } from "../../contract/envelope.ts";
import { errors } from "../../core/errors.ts";
import { type MaybePromise, then } from "../../core/maybe-promise.ts";
import type { Hook, HookAnswer, HookCall, HookClient } from "../hooks.ts";
import { type Application, valueOfPayload } from "./application.ts";
import { limitsOf } from "./durations.ts";
import type { DeclaredCall, DeclaredSend } from "./runtime.ts";
import { errorOf, invalidInput, refusalIn } from "./verdict.ts";

/** Makes the hook of a call. */
export function createCallHook(application: Application, { name, schemas, handler }: DeclaredCall): Hook<"rpc"> {
  const own = { own: schemas.errors, unknown: errors.methodNotFound };
  const decide = (answer: unknown): MaybePromise<HookAnswer<"rpc">> => {
    const refusal = refusalIn(answer);
    const error = refusal && errorOf(refusal, own);
    if (error) return { kind: "error", error };
    return then(application.encodeJson(schemas.output, answer, `${name}.output`), (data) => ({
      kind: "result",
      result: { data },
    }));
  };
  return {
    kind: "rpc",
    name,
    limits: limitsOf(handler.options, name),
    run: (client, { data }, call) =>
      then(check(schemas.input, valueOfPayload(data)), (checked) =>
        checked.ok
          ? then(handler.handle(checked.value, given(application, client, call)), decide)
          : { kind: "error", error: invalidInput(checked.path) },
      ),
  };
}

/** The hooks of sends, by the name in their message. */
export function createSendHooks(
  application: Application,
  sends: readonly DeclaredSend[],
): ReadonlyMap<string, Hook<"send">> {
  return new Map(sends.map((send) => [send.name, createSendHook(application, send)]));
}

function createSendHook(application: Application, { name, schema, handler }: DeclaredSend): Hook<"send"> {
  return {
    kind: "send",
    name,
    limits: limitsOf(handler.options, name),
    run: (client, { data }, call) =>
      then(check(schema, envelopeIn(valueOfPayload(data))?.data), (checked) =>
        checked.ok
          ? then(handler.handle(checked.value, given(application, client, call)), () => done)
          : { kind: "error", error: invalidInput(checked.path) },
      ),
  };
}

/** What every handler of a call or a send is given beside its input. */
function given(application: Application, client: HookClient, call: HookCall) {
  return {
    connection: application.handleOf(client),
    // Read when the handler reads it: most never do.
    get signal() {
      return call.signal;
    },
    server: application.server,
  };
}

const done: HookAnswer<"send"> = { kind: "result", result: {} };
