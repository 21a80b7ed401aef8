import type { ClusterBus, ClusterBusEvents } from "../cluster/bus.ts";
import { kinds } from "./kinds.ts";
import type { Link } from "./link.ts";

/** Messages between the workers of a node: their parent hands them on. */
export class ParentBus implements ClusterBus {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  broadcast(text: string): void {
    this.#link.tell(kinds.broadcast, (to) => to.text(text));
  }

  send(node: string, text: string): void {
    this.#link.tell(kinds.send, (to) => {
      to.text(node);
      to.text(text);
    });
  }

  listen(node: string, events: ClusterBusEvents): void {
    this.#link.onTold(kinds.heard, (body) => events.heard(body.text()));
    this.#link.call(
      kinds.name,
      (to) => to.text(node),
      () => events.connected(),
    );
  }
}

/** The parent's side: hands on messages between workers. */
export class BusRelay {
  /** By the names of the workers. */
  readonly #links = new Map<string, Link>();

  serve(link: Link): void {
    link.onCall(kinds.name, (body, reply) => {
      this.#links.set(body.text(), link);
      reply(() => {});
    });
    link.onTold(kinds.broadcast, (body) => {
      const text = body.text();
      for (const each of this.#links.values()) this.#hand(each, text);
    });
    link.onTold(kinds.send, (body) => {
      const link = this.#links.get(body.text());
      if (link) this.#hand(link, body.text());
    });
  }

  forget(link: Link): void {
    for (const [name, each] of this.#links) if (each === link) this.#links.delete(name);
  }

  #hand(link: Link, text: string): void {
    link.tell(kinds.heard, (to) => to.text(text));
  }
}
