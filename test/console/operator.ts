import { Centrifuge } from "centrifuge";

/** What the console's channels and calls hold, as it comes from the wire. */
type Data = ReturnType<typeof JSON.parse>;

/** A page of the console without its window: a stock client on the console's path. */
export class Operator implements Disposable {
  readonly client: Centrifuge;

  private constructor(url: string, token: string, name: string) {
    const address = `${url.replace("http", "ws")}/console/connection/websocket`;
    this.client = new Centrifuge(address, { ...(token !== "" && { token }), data: { name } });
  }

  /** Resolves when it is connected; rejects with the code of the refusal. */
  static async connect(url: string, token: string, name = "ann"): Promise<Operator> {
    const operator = new Operator(url, token, name);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    operator.client.on("connected", () => resolve());
    operator.client.on("disconnected", ({ code }) => reject(new Error(String(code))));
    operator.client.on("error", ({ error }) => {
      // An upgrade that was refused is tried again; here it is an answer.
      if (error.code === 2) {
        operator.client.disconnect();
        reject(new Error("refused"));
      }
    });
    operator.client.connect();
    await promise;
    return operator;
  }

  async call(method: string, input: unknown): Promise<Data> {
    const { data } = await this.client.rpc(method, input);
    return data;
  }

  /** Follows a channel; each call of `next` resolves with the first update that it accepts. */
  follow(channel: string) {
    const subscription = this.client.newSubscription(`chorus:${channel}`);
    const updates: Data[] = [];
    let told = () => {};
    subscription.on("publication", ({ data }) => {
      updates.push(data);
      told();
    });
    subscription.subscribe();
    return {
      updates,
      subscribed: () => subscription.ready(),
      async next(accepts: (update: Data) => boolean): Promise<Data> {
        for (;;) {
          const found = updates.findLast(accepts);
          if (found) return found;
          await new Promise<void>((resolve) => {
            told = resolve;
          });
        }
      },
      leave: async () => {
        const gone = new Promise<void>((resolve) => subscription.on("unsubscribed", () => resolve()));
        subscription.unsubscribe();
        await gone;
        this.client.removeSubscription(subscription);
      },
    };
  }

  [Symbol.dispose](): void {
    this.client.disconnect();
  }
}
