import type { UserCounts } from "../../actors/hub/registry.ts";
import { kinds } from "./kinds.ts";
import { type Link, nothing } from "./link.ts";

/** How many users and channels a node has. */
export interface Census {
  readonly users: number;
  readonly channels: number;
}

/** The connections of users at the other workers, as their parent counts them. */
export class ParentUsers implements UserCounts {
  readonly #link: Link;
  /** By user: connections at other workers; those without any are not in it. Told only where users are limited. */
  readonly #elsewhere = new Map<string, number>();

  /** `tooMany` is called for a connection that exceeds the limit together with those of other workers. */
  constructor(link: Link, tooMany: (user: string, client: string) => void) {
    this.#link = link;
    link.onTold(kinds.elsewhere, (body) => {
      const [user, count] = [body.text(), body.u32()];
      if (count === 0) this.#elsewhere.delete(user);
      else this.#elsewhere.set(user, count);
    });
    link.onTold(kinds.tooMany, (body) => tooMany(body.text(), body.text()));
  }

  entered(user: string, client: string): void {
    this.#link.tell(kinds.userEntered, (to) => {
      to.text(user);
      to.text(client);
    });
  }

  left(user: string): void {
    this.#link.tell(kinds.userLeft, (to) => to.text(user));
  }

  elsewhere(user: string): number {
    return this.#elsewhere.get(user) ?? 0;
  }

  /** The users and channels of the whole node; null where the parent does not answer. */
  census(): Promise<Census | null> {
    const { promise, resolve } = Promise.withResolvers<Census | null>();
    this.#link.call(kinds.census, nothing, (answer) =>
      resolve(answer === null ? null : { users: answer.u32(), channels: answer.u32() }),
    );
    return promise;
  }
}

/** The parent's side: how many connections each user has at each worker. */
export class UserRelay {
  readonly #limit: () => number;
  readonly #channels: () => number;
  readonly #workers = new Map<Link, Map<string, number>>();
  readonly #totals = new Map<string, number>();

  /** `limit`: connections that a user may have; 0 is no limit. `channels`: those of the node. */
  constructor(limit: () => number, channels: () => number) {
    this.#limit = limit;
    this.#channels = channels;
  }

  serve(link: Link): void {
    this.#workers.set(link, new Map());
    if (this.#limit() > 0) for (const [user, count] of this.#totals) this.#tell(link, user, count);
    link.onTold(kinds.userEntered, (body) => {
      const [user, client] = [body.text(), body.text()];
      this.#change(link, user, 1);
      const limit = this.#limit();
      if (limit === 0 || (this.#totals.get(user) ?? 0) <= limit) return;
      // Two workers have each admitted the last connection: the later one is disconnected.
      link.tell(kinds.tooMany, (to) => {
        to.text(user);
        to.text(client);
      });
    });
    link.onTold(kinds.userLeft, (body) => this.#change(link, body.text(), -1));
    link.onCall(kinds.census, (_, reply) =>
      reply((to) => {
        to.u32(this.#totals.size);
        to.u32(this.#channels());
      }),
    );
  }

  forget(link: Link): void {
    const users = this.#workers.get(link) ?? new Map<string, number>();
    this.#workers.delete(link);
    for (const [user, count] of users) this.#add(user, -count);
  }

  #change(link: Link, user: string, by: number): void {
    const users = this.#workers.get(link);
    if (!users) return;
    addTo(users, user, by);
    this.#add(user, by);
  }

  #add(user: string, by: number): void {
    const total = addTo(this.#totals, user, by);
    if (this.#limit() === 0) return;
    for (const [link, users] of this.#workers) this.#tell(link, user, total - (users.get(user) ?? 0));
  }

  #tell(link: Link, user: string, count: number): void {
    link.tell(kinds.elsewhere, (to) => {
      to.text(user);
      to.u32(count);
    });
  }
}

function addTo(counts: Map<string, number>, user: string, by: number): number {
  const count = Math.max(0, (counts.get(user) ?? 0) + by);
  if (count === 0) counts.delete(user);
  else counts.set(user, count);
  return count;
}
