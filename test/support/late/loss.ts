import type { HistoryOutcome } from "../../../src/broker/broker.ts";
import type { Position, Publication } from "../../../src/core/publication.ts";

/** A stream that was lost: what the engine calls `epoch` begins anew after `base`, under another name. */
interface Lost {
  readonly epoch: string;
  readonly base: number;
  readonly name: string;
}

/** Streams of an engine that were lost and began anew, though the engine still has them. */
export class Losses {
  readonly #lost = new Map<string, Lost>();

  /** What is lost at this moment, to go back to. */
  snapshot(): () => void {
    const lost = new Map(this.#lost);
    return () => {
      this.#lost.clear();
      for (const [channel, each] of lost) this.#lost.set(channel, each);
    };
  }

  /** From here on nothing of the stream up to its top can be had. */
  lose(channel: string, { epoch, offset }: Position, name: string): void {
    this.#lost.set(channel, { epoch, base: offset, name });
  }

  /** What the node sees where the engine has this position. */
  position(channel: string, position: Position): Position {
    const lost = this.#of(channel, position.epoch);
    return lost === null ? position : { offset: Math.max(position.offset - lost.base, 0), epoch: lost.name };
  }

  publication(channel: string, publication: Publication): Publication {
    return { ...publication, ...this.position(channel, publication) };
  }

  /** What the engine has where the node asks for this position. */
  asked(channel: string, position: Position | null): Position | null {
    const lost = this.#lost.get(channel);
    if (position === null || lost?.name !== position.epoch) return position;
    return { offset: position.offset + lost.base, epoch: lost.epoch };
  }

  outcome(channel: string, outcome: HistoryOutcome): HistoryOutcome {
    if (!outcome.ok) return outcome;
    const publications = outcome.value.publications.map((each) => this.publication(channel, each));
    return { ok: true, value: { publications, position: this.position(channel, outcome.value.position) } };
  }

  #of(channel: string, epoch: string): Lost | null {
    const lost = this.#lost.get(channel);
    return lost?.epoch === epoch ? lost : null;
  }
}
