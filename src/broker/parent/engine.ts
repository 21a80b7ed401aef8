import type { ByteReader } from "../../core/bytes.ts";
import type { Clock } from "../../core/clock.ts";
import { errors } from "../../core/errors.ts";
import type { Position } from "../../core/publication.ts";
import type { HistoryOptions } from "../broker.ts";
import type { Appended, Engine, EngineEvents, Entry, Range, StreamRead } from "../remote/engine.ts";
import {
  readAppended,
  readList,
  readMessage,
  readPosition,
  readStream,
  writeEntry,
  writeList,
  writeOptions,
  writeRange,
} from "./codec.ts";
import { type EngineLink, engineKinds, type Write } from "./port.ts";

/** What an engine works with. */
export interface ParentEnginePorts {
  readonly clock: Pick<Clock, "monotonic">;
  /** Receives the duration of each call, in milliseconds. */
  readonly durations: { observe(milliseconds: number): void };
}

/** The broker of the parent process, as the workers of its node use it. */
export class ParentEngine implements Engine {
  readonly counts = { calls: 0, errors: 0 };
  readonly #link: EngineLink;
  readonly #ports: ParentEnginePorts;

  constructor(link: EngineLink, events: EngineEvents, ports: ParentEnginePorts) {
    this.#link = link;
    this.#ports = ports;
    link.onTold(engineKinds.message, (body) => {
      const { channel, message } = readMessage(body);
      events.message(channel, message);
    });
    link.onTold(engineKinds.resumed, () => events.resumed());
  }

  append(entries: readonly Entry[], done: (answers: readonly Appended[]) => void): void {
    this.#call(
      engineKinds.append,
      (to) => writeList(to, entries, (entry) => writeEntry(to, entry)),
      (answer) => {
        done(answer ? readList(answer, () => readAppended(answer)) : entries.map(() => ({ error: errors.internal })));
      },
    );
  }

  read(channel: string, options: HistoryOptions, range: Range, done: (read: StreamRead | null) => void): void {
    const write: Write = (to) => {
      to.text(channel);
      writeOptions(to, options);
      writeRange(to, range);
    };
    this.#call(engineKinds.read, write, (answer) => done(answer && readStream(answer)));
  }

  tops(channels: readonly string[], done: (tops: readonly (Position | null)[] | null) => void): void {
    this.#call(
      engineKinds.tops,
      (to) => writeList(to, channels, (channel) => to.text(channel)),
      (answer) => done(answer && readList(answer, () => (answer.u8() === 1 ? readPosition(answer) : null))),
    );
  }

  remove(channel: string, notice: string, done: (isDone: boolean) => void): void {
    const write: Write = (to) => {
      to.text(channel);
      to.text(notice);
    };
    this.#call(engineKinds.remove, write, (answer) => done(answer !== null));
  }

  /** A stream that one process orders has no fork to be ended. */
  renew(_channel: string, _epoch: string, done: (isDone: boolean) => void): void {
    done(false);
  }

  subscribe(channels: readonly string[], done: (hears: readonly boolean[]) => void): void {
    this.#call(
      engineKinds.subscribe,
      (to) => writeList(to, channels, (channel) => to.text(channel)),
      (answer) => done(channels.map(() => answer !== null)),
    );
  }

  unsubscribe(channels: readonly string[]): void {
    this.#link.tell(engineKinds.unsubscribe, (to) => writeList(to, channels, (channel) => to.text(channel)));
  }

  /** The link is the worker's. */
  close(): Promise<void> {
    return Promise.resolve();
  }

  #call(kind: Parameters<EngineLink["call"]>[0], write: Write, done: (answer: ByteReader | null) => void): void {
    this.counts.calls += 1;
    const startedAt = this.#ports.clock.monotonic();
    this.#link.call(kind, write, (answer) => {
      if (answer === null) this.counts.errors += 1;
      this.#ports.durations.observe(this.#ports.clock.monotonic() - startedAt);
      done(answer);
    });
  }
}
