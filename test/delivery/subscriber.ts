import type { Frame } from "../../src/core/frame.ts";
import type { Publication } from "../../src/core/publication.ts";
import type { PresencePush } from "../../src/core/reply.ts";
import type { Variant } from "../../src/core/variant.ts";
import type { DirectSubscriber } from "../../src/delivery/subscribers.ts";
import type { Encoding } from "../../src/protocol/protocol.ts";

/** A subscriber that is handed its frames and keeps them; what it has not taken is set by the test. */
export class DirectProbe implements DirectSubscriber {
  readonly kind = "direct";
  readonly encoding: Encoding;
  readonly queueBytesMax = 100;
  readonly frames: Frame[] = [];
  /** What it was told, in order: `slow`, `terminate`, `lost <channel> <epoch>`. */
  readonly told: string[] = [];
  progressAt = 0;
  queued = 0;
  readonly #sent: (probe: DirectProbe) => void;

  /** `sent` is called after each frame: a direct subscriber tells by itself that something is unsent. */
  constructor(encoding: Encoding, sent: (probe: DirectProbe) => void = () => {}) {
    this.encoding = encoding;
    this.#sent = sent;
  }

  send(frame: Frame): void {
    this.frames.push(frame);
    this.#sent(this);
  }

  unsent(): number {
    return this.queued;
  }

  slow(): void {
    this.told.push("slow");
  }

  terminate(): void {
    this.queued = 0;
    this.told.push("terminate");
  }

  lost(channel: string, epoch: string): void {
    this.told.push(`lost ${channel} ${epoch}`);
  }
}

/** An encoding of the test, which counts how often it is asked. */
export class CountingEncoding implements Encoding {
  readonly name = "counting";
  readonly dialect = "counting";
  publications = 0;
  presences = 0;

  encodePublication(channel: string, { data }: Publication): Frame {
    this.publications += 1;
    return `${channel}=${data.kind === "json" ? data.json : data.kind}`;
  }

  encodePresence({ type, channel, info }: PresencePush): Frame {
    this.presences += 1;
    return `${type} ${channel} ${info.user}`;
  }
}

/** Publications whose number is a multiple; the form is the publication, or one patched form for all who share it. */
export class EveryNth implements Variant {
  readonly key: string;
  readonly #nth: number;
  asked = 0;

  constructor(nth: number) {
    this.key = `every ${nth}`;
    this.#nth = nth;
  }

  select(_channel: string, publication: Publication): Publication | null {
    this.asked += 1;
    const { data } = publication;
    return data.kind === "json" && Number(data.json) % this.#nth === 0 ? publication : null;
  }
}
