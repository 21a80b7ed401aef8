import type * as v from "valibot";
import type { ByteReader } from "../core/bytes.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";
import type { Link, Write } from "./link.ts";
import { readJson, writeJson } from "./messages.ts";

/** The methods of a service, by their names: each is given what was sent, and checks it. */
export type Methods = Readonly<Record<string, (value: unknown) => MaybePromise<unknown>>>;

/** A worker's side of a service of its parent: calls are one kind of message, a method and its argument as JSON. */
export class Service {
  readonly #link: Link;
  readonly #kind: number;

  constructor(link: Link, kind: number) {
    this.#link = link;
    this.#kind = kind;
  }

  /** Calls a method; `otherwise` where there is no answer in time, or none of this shape. */
  ask<Answer>(
    method: string,
    value: unknown,
    schema: v.GenericSchema<unknown, Answer>,
    otherwise: Answer,
  ): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#link.call(this.#kind, writeCall(method, value), (answer) => {
      resolve(answer === null ? otherwise : readAnswer(answer, schema, otherwise));
    });
    return promise;
  }

  /** Calls a method whose answer does not matter. */
  tell(method: string, value: unknown): void {
    this.#link.tell(this.#kind, writeCall(method, value));
  }
}

/** Lets the other side of a link call the methods of a service. */
export function serveMethods(link: Link, kind: number, methods: Methods): void {
  const call = (body: ByteReader) => {
    const method = methods[body.text()];
    if (!method) throw new RangeError("a method that is not known");
    return method(JSON.parse(body.text()));
  };
  link.onTold(kind, (body) => void call(body));
  link.onCall(kind, (body, reply) => void then(call(body), (answer) => reply(writeJson(answer))));
}

function writeCall(method: string, value: unknown): Write {
  return (to) => {
    to.text(method);
    to.text(JSON.stringify(value));
  };
}

function readAnswer<Answer>(answer: ByteReader, schema: v.GenericSchema<unknown, Answer>, otherwise: Answer): Answer {
  try {
    return readJson(answer, schema);
  } catch {
    return otherwise;
  }
}
