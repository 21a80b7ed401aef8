/** Publishes in one call of the engine. */
const groupMax = 64;

/** What a group of a turn does. */
interface TurnGroupPorts<Item> {
  send(items: readonly Item[]): void;
  /** The turn has ended, and all of it was sent. */
  ended(): void;
}

/** Gathers what is sent with the end of a turn of the event loop, or as soon as it fills a call. */
export class TurnGroup<Item> {
  readonly #runLater: (task: () => void) => void;
  readonly #ports: TurnGroupPorts<Item>;
  #items: Item[] = [];
  #isScheduled = false;

  constructor(runLater: (task: () => void) => void, ports: TurnGroupPorts<Item>) {
    this.#runLater = runLater;
    this.#ports = ports;
  }

  add(item: Item): void {
    this.#items.push(item);
    if (this.#items.length >= groupMax) this.send();
    else this.schedule();
  }

  /** Has the end of this turn noticed. */
  schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#runLater(() => {
      this.#isScheduled = false;
      this.end();
    });
  }

  end(): void {
    this.send();
    this.#ports.ended();
  }

  send(): void {
    if (this.#items.length === 0) return;
    const items = this.#items;
    this.#items = [];
    this.#ports.send(items);
  }
}
