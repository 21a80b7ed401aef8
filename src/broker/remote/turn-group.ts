/** Publishes in one call of the engine. */
const groupMax = 64;

/** What a group calls. */
interface TurnGroupPorts<Item> {
  send(items: readonly Item[]): void;
  /** The turn has ended, and all items were sent. */
  ended(): void;
}

/** Collects items and sends them at the end of a turn of the event loop, or as soon as they fill one call. */
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

  /** Calls `end` at the end of this turn. */
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
