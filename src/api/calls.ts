import { type ClientError, errors } from "../core/errors.ts";
import { isDeeperThan, jsonLevelsMax } from "../core/json.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import { badField, tell } from "./encoding.ts";
import type { Caller } from "./keys.ts";
import { type createMethods, notFound } from "./methods.ts";
import type { Place } from "./payloads.ts";
import { type Answered, refuse } from "./push-methods.ts";
import { type Read, readRequest } from "./reading.ts";
import type { PushMethod, Recorder } from "./recorder.ts";
import { isMethod, type Method, ownMethods } from "./requests.ts";

/** What a call came to: an answer, or a body that cannot be read, with the place of the mistake. */
export type Called = Answered | Malformed;

/** A request that cannot be read. */
export interface Malformed {
  readonly ok: false;
  readonly malformed: string;
}

/** A call that was read, with others, before any of them is run. */
export interface Ready {
  readonly ok: true;
  readonly name: string;
  /** Publishes of one body need not wait for each other: the broker keeps their order. */
  readonly isPublish: boolean;
  run(): MaybePromise<string>;
}

/** What calls are made with. */
export interface CallsPorts {
  readonly methods: ReturnType<typeof createMethods>;
  readonly record: Pick<Recorder, "refused">;
}

/** Reads calls and runs them: one at once, or one among others when it is its turn. */
export function createCalls({ methods, record }: CallsPorts) {
  const perform = (caller: Caller, name: Method, place: Place, request: object): MaybePromise<Answered> => {
    const error = objectionTo(caller, name, request);
    if (error) {
      if (isPush(name)) record.refused(name, request, { error, place });
      return refuse(error);
    }
    // The table pairs each method with the request that its schema reads: TypeScript cannot see that they agree.
    const method = methods[name] as (request: unknown, place: Place) => MaybePromise<Answered>;
    return method(request, place);
  };

  const one = (caller: Caller, name: Method, place: Place, request: unknown): MaybePromise<Called> => {
    const read = readRequest(name, request);
    if (!read.ok) return mistakeOf(name, read);
    return perform(caller, name, place, read.request);
  };

  /** A call among others; `encode` writes its answer. */
  const ready = (
    { caller, name, place, request }: { caller: Caller; name: string; place: Place; request: unknown },
    encode: (answer: Answered) => string,
  ): Ready | Malformed => {
    const said = (error: ClientError): Ready => ({
      ok: true,
      name,
      isPublish: false,
      run: () => encode(refuse(error)),
    });
    if (!isMethod(name)) return said(notFound);
    const read = readRequest(name, request);
    if (!read.ok) {
      const mistake = mistakeOf(name, read);
      return "malformed" in mistake ? mistake : said(mistake.error);
    }
    const run = () => then(perform(caller, name, place, read.request), encode);
    return { ok: true, name, isPublish: name === "publish" || name === "broadcast", run };
  };

  return { one, ready };
}

/** A body as JSON; undefined where it is none, or too deep to be taken. */
export function parse(body: string): unknown {
  if (isDeeperThan(body, jsonLevelsMax)) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** What is said of a request that cannot be read: in a method of our own an error that names the field. */
function mistakeOf(name: Method, { malformed }: Extract<Read, { ok: false }>): Malformed | ReturnType<typeof refuse> {
  return ownMethods.has(name) ? refuse(badField(malformed)) : { ok: false, malformed };
}

function isPush(name: Method): name is PushMethod {
  return name === "publish" || name === "broadcast" || name === "send";
}

/** Why a key may not do that: the back end's developer is to know which of its limits it is. */
function objectionTo(caller: Caller, method: Method, request: object): ClientError | null {
  if (!caller.mayCall(method)) return tell(errors.permissionDenied, `the key ${caller.name} may not call ${method}`);
  if (caller.touchesAll) return null;
  const { channel, channels } = request as { channel?: string; channels?: readonly string[] };
  const touched = channels ?? (channel ? [channel] : []);
  const isAllowed = touched.every((name) => caller.mayTouch(name));
  return isAllowed
    ? null
    : tell(
        errors.permissionDenied,
        `the key ${caller.name} may not touch ${channels ? "all of these channels" : "this channel"}`,
      );
}
