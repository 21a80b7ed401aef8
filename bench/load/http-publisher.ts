import { payloadOf } from "../wire/payload.ts";
import { type Api, HttpCaller } from "./http-caller.ts";
import type { Publishing } from "./publisher.ts";

/** A back end that publishes through the HTTP API, over one keep-alive connection: its requests stay in order. */
export class HttpPublisher implements Publishing {
  readonly #caller: HttpCaller;
  #bytes = 0;

  constructor(api: Api, failed: (error: Error) => void) {
    this.#caller = new HttpCaller(api, { answered: () => {}, failed });
  }

  get unanswered(): number {
    return this.#caller.outstanding;
  }

  open(): Promise<void> {
    return this.#caller.open();
  }

  resize(bytes: number): void {
    this.#bytes = bytes;
  }

  publish(channel: string, number: number): void {
    this.#caller.post(`{"channel":${JSON.stringify(channel)},"data":${payloadOf(number, this.#bytes)}}`);
  }

  /** Every request went out as soon as it could. */
  flush(): void {}

  leave(): void {
    this.#caller.close();
  }
}
