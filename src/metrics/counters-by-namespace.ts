/** What is counted for the channels of one namespace. */
export interface NamespaceCounts {
  publications: number;
  deliveries: number;
}

/** Namespaces with counts of their own; the others share one. */
const namespacesMax = 100;

/** Counts by namespace. The number of series is bounded: names come from the configuration and from code, and are few. */
export class NamespaceCounters {
  readonly #counts = new Map<string, NamespaceCounts>();
  readonly #nameOf: (channel: string) => string | null;

  /** `nameOf`: the namespace of a channel; null where there is none of that name. */
  constructor(nameOf: (channel: string) => string | null) {
    this.#nameOf = nameOf;
  }

  of(channel: string): NamespaceCounts {
    const name = this.#nameOf(channel);
    const label = name === null ? "other" : name === "" ? "without_namespace" : name;
    const found = this.#counts.get(label);
    if (found) return found;
    if (this.#counts.size < namespacesMax) return this.#open(label);
    return this.#counts.get("other") ?? this.#open("other");
  }

  /** The counts by the label of the namespace. */
  entries(): Iterable<readonly [string, NamespaceCounts]> {
    return this.#counts;
  }

  #open(label: string): NamespaceCounts {
    const counts = { publications: 0, deliveries: 0 };
    this.#counts.set(label, counts);
    return counts;
  }
}
