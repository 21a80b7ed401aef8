import { CentrifugeProbe, isClosed } from "../support/centrifuge-probe.ts";
import { isObject, type JsonObject } from "../support/json.ts";

/** A publication that the server has acknowledged; with its offset, where the answer tells it. */
export interface Acknowledged {
  readonly data: string;
  readonly offset: number | null;
}

/** Publications of one publisher that are under way at once. */
const windowSize = 4;

/** Publishes as fast as it is answered, until the server is gone. */
export class Publisher {
  readonly acknowledged: Acknowledged[] = [];
  readonly #url: string;
  readonly #channel: string;
  readonly #name: string;
  #count = 0;

  constructor(url: string, channel: string, name: string) {
    this.#url = url;
    this.#channel = channel;
    this.#name = name;
  }

  async overWebSocket(): Promise<void> {
    using probe = await CentrifugeProbe.open(this.#url.replace(/^http/, "ws"));
    const sent = new Map<unknown, string>();
    const send = () => {
      const data = this.#next();
      const command = probe.command("publish", { channel: this.#channel, data });
      sent.set(command.id, data);
      probe.send(command);
    };
    probe.send(probe.command("connect"));
    for (let count = 0; count < windowSize; count += 1) send();
    for (let heard = await probe.next(); !isClosed(heard); heard = await probe.next()) {
      const data = sent.get(heard["id"]);
      if (data === undefined) continue;
      if ("publish" in heard) this.acknowledged.push({ data, offset: null });
      send();
    }
  }

  async overHttp(): Promise<void> {
    await Promise.all(Array.from({ length: windowSize }, () => this.#callAgainAndAgain()));
  }

  async #callAgainAndAgain(): Promise<void> {
    for (;;) {
      const data = this.#next();
      const answer = await this.#call({ channel: this.#channel, data });
      if (answer === null) return;
      const { result } = answer;
      if (isObject(result)) this.acknowledged.push({ data, offset: Number(result["offset"]) });
    }
  }

  /** The answer of the server's API, or null where there is nobody to answer any more. */
  async #call(body: JsonObject): Promise<JsonObject | null> {
    try {
      const headers = { "X-API-Key": "apikey" };
      const response = await fetch(`${this.#url}/api/publish`, { method: "POST", headers, body: JSON.stringify(body) });
      return JSON.parse(await response.text());
    } catch {
      return null;
    }
  }

  #next(): string {
    this.#count += 1;
    return `${this.#name}.${this.#count}`;
  }
}
