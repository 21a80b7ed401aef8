import { Centrifuge, type PublicationContext } from "centrifuge";

/** How the page is connected. */
export type LinkState = "connecting" | "connected" | "refused" | "off";

/** The connection of the page: a stock client on the console's own channels. */
export class Link {
  readonly #client: Centrifuge;

  /** `told` is called with each new state; `refused`: the key is not the console's. */
  constructor({ key, name }: { key: string; name: string }, told: (state: LinkState) => void) {
    const url = new URL("connection/websocket", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = "";
    this.#client = new Centrifuge(url.href, { ...(key !== "" && { token: key }), data: { name } });
    this.#client.on("connecting", () => told("connecting"));
    this.#client.on("connected", () => told("connected"));
    this.#client.on("disconnected", ({ code }) => told(code === 101 ? "refused" : "off"));
    this.#client.connect();
  }

  /** Follows a channel until the returned function is called. `past`: what its history holds is given first. */
  follow(name: string, take: (data: unknown) => void, { past = 0 }: { readonly past?: number } = {}): () => void {
    const subscription = this.#client.newSubscription(`chorus:${name}`);
    let isReady = past === 0;
    const held: unknown[] = [];
    subscription.on("publication", ({ data }: PublicationContext) => (isReady ? take(data) : held.push(data)));
    subscription.on("subscribed", async () => {
      if (isReady) return;
      const { publications } = await subscription.history({ limit: past }).catch(() => ({ publications: [] }));
      isReady = true;
      for (const { data } of publications) take(data);
      for (const data of held) take(data);
    });
    subscription.subscribe();
    return () => {
      subscription.unsubscribe();
      this.#client.removeSubscription(subscription);
    };
  }

  /** Rejects with the server's words where it refuses. */
  async call<Answer>(method: string, input: unknown): Promise<Answer> {
    const { data } = await this.#client.rpc(method, input);
    return data;
  }

  close(): void {
    this.#client.disconnect();
  }
}
