import { type ChannelsClient, type ChannelsListeners, createChannelsClient } from "../channels/client.ts";
import { publicationWords } from "../channels/publication-words.ts";

/** The server does not let strangers do what is shown here. */
export class NotPossible extends Error {}

/** What a person has on their screen. */
interface Screen {
  line(words: string, at: "open" | "connecting" | "closed"): void;
  bubble(text: string, kind: "mine" | "theirs" | "recovered"): void;
}

/** Two stock clients with a line each. */
export interface Cast {
  /** Resolves when both are subscribed. */
  together(): Promise<void>;
  /** Ann writes; resolves when the server has it. */
  write(text: string): Promise<void>;
  /** Cuts Ben's line. */
  cut(): void;
  /** Lets Ben's connection come back; resolves with the number of messages that recovery brought. */
  mend(): Promise<number>;
}

interface CastOptions {
  readonly people: { readonly ann: Screen; readonly ben: Screen };
  /** Both leave when it aborts. */
  readonly signal: AbortSignal;
  /** Called with each state of the machine of Ben's connection. */
  states(state: string): void;
}

/** How long the server may take for a step, in milliseconds. */
const patience = 6_000;

/** Ann and Ben, in a channel that no other page knows. */
export function createCast({ people, signal, states }: CastOptions): Cast {
  const channel = `demo-${crypto.randomUUID().slice(0, 8)}`;
  const recovery = Promise.withResolvers<number>();
  const ann = createPerson(people.ann, {});
  const ben = createPerson(people.ben, {
    connection: ({ at }) => states(stateOf[at]),
    recovery: ({ recovered, count }) =>
      recovered ? recovery.resolve(count) : recovery.reject(new NotPossible("not recovered")),
  });
  recovery.promise.catch(() => {});
  signal.addEventListener("abort", () => {
    ann.client.close();
    ben.client.close();
  });

  return {
    async together() {
      for (const { client } of [ann, ben]) {
        client.connect("", "automatic");
        client.subscribe(channel);
      }
      await inTime(Promise.all([ann.subscribed, ben.subscribed]));
    },
    async write(text) {
      const published = ann.client.subscription()?.publish({ name: "Ann", text });
      await inTime(Promise.resolve(published).catch(() => Promise.reject(new NotPossible("not published"))));
    },
    cut() {
      ben.client.cut();
      people.ben.line("no network", "closed");
      states("closed");
    },
    mend() {
      ben.client.mend();
      return inTime(recovery.promise);
    },
  };
}

/** The server's machine by what the client knows of it. */
const stateOf = {
  closed: "closed",
  refused: "closed",
  connecting: "handshaking.awaiting",
  open: "authenticated.ready",
};

interface Person {
  readonly client: ChannelsClient;
  readonly subscribed: Promise<void>;
}

function createPerson(screen: Screen, own: Partial<ChannelsListeners>): Person {
  const subscribed = Promise.withResolvers<void>();
  subscribed.promise.catch(() => {});
  let isCut = false;
  const client = createChannelsClient({
    connection(standing) {
      const { at } = standing;
      if (at === "refused") subscribed.reject(new NotPossible(standing.words));
      if (!isCut) screen.line(at === "open" ? "online" : "…", at === "open" ? "open" : "connecting");
      if (!isCut) own.connection?.(standing);
    },
    subscription({ at, words }) {
      if (at === "open") subscribed.resolve();
      if (at === "refused") subscribed.reject(new NotPossible(words));
    },
    publication(publication, wasRecovered) {
      const isMine = publication.info?.client === client.id();
      screen.bubble(publicationWords(publication).text, wasRecovered ? "recovered" : isMine ? "mine" : "theirs");
    },
    presence() {},
    recovery: (outcome) => own.recovery?.(outcome),
    fault: (words) => subscribed.reject(new NotPossible(words)),
  });
  return {
    client: {
      ...client,
      cut() {
        isCut = true;
        client.cut();
      },
      mend() {
        isCut = false;
        client.mend();
      },
    },
    subscribed: subscribed.promise,
  };
}

function inTime<Value>(promise: Promise<Value>): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new NotPossible("too late")), patience);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
