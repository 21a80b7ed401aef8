import type { Expiry } from "../../../core/reply.ts";
import { quote } from "./quote.ts";

/**
 * An object being written, member by member. What has its zero value is left out, as the protocol's own codecs do; what
 * is always there is written with `raw`.
 */
export class Members {
  #text = "";

  /** A member whose value is JSON already and has no line breaks. */
  raw(name: string, json: string): this {
    this.#text += `${this.#text === "" ? "" : ","}"${name}":${json}`;
    return this;
  }

  /**
   * JSON that came from elsewhere. Line breaks part the messages of a frame; a client's commands have none, but texts
   * from the API, from tokens and from plain clients may. Within JSON a raw one is between tokens, and can be removed.
   */
  json(name: string, json: string | undefined): this {
    if (json === undefined || json === "") {
      return this;
    }
    return this.raw(name, json.includes("\n") ? json.replaceAll("\n", "") : json);
  }

  text(name: string, value: string): this {
    return value === "" ? this : this.raw(name, quote(value));
  }

  number(name: string, value: number | null): this {
    return value === null || value === 0 ? this : this.raw(name, String(value));
  }

  flag(name: string, value: boolean): this {
    return value ? this.raw(name, "true") : this;
  }

  /** Whether and when something runs out; `ttl` in seconds. */
  expiry({ ttl }: Expiry): this {
    return ttl === null ? this : this.flag("expires", true).number("ttl", ttl);
  }

  /** The whole object. */
  object(): string {
    return `{${this.#text}}`;
  }
}
