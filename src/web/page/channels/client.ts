import {
  Centrifuge,
  type ClientInfo,
  type PublicationContext,
  type Subscription,
  type TransportEndpoint,
} from "centrifuge";
import { createLine } from "./line.ts";
import { connectingStanding, disconnectedStanding, isUnreachable, type Standing, unreachable } from "./standing.ts";

/** What recovery did after the connection was away. */
export interface Recovery {
  /** Proven by the server: nothing is missing. */
  readonly recovered: boolean;
  /** Publications that it brought back. */
  readonly count: number;
}

export interface ChannelsListeners {
  connection(standing: Standing): void;
  subscription(standing: Standing): void;
  publication(publication: PublicationContext, wasRecovered: boolean): void;
  /** A client joined or left, or this page's subscription began: presence has to be read. */
  presence(change: { readonly joined?: ClientInfo; readonly left?: ClientInfo }): void;
  recovery(recovery: Recovery): void;
  fault(words: string): void;
}

/** The stock Centrifuge client with one subscription, and a line to it that can be cut. */
export interface ChannelsClient {
  connect(token: string, transport: Transport): void;
  close(): void;
  subscribe(channel: string): void;
  unsubscribe(): void;
  /** The subscription that one has now; null where there is none. */
  subscription(): Subscription | null;
  /** The id of this page's connection; "" where there is none. */
  id(): string;
  cut(): void;
  mend(): void;
}

export function createChannelsClient(listeners: ChannelsListeners): ChannelsClient {
  const line = createLine();
  let client: Centrifuge | null = null;
  let subscription: Subscription | null = null;
  let id = "";

  const unsubscribe = (): void => {
    subscription?.unsubscribe();
    client?.removeSubscription(subscription);
    subscription = null;
  };

  return {
    connect(token, transport) {
      client?.disconnect();
      client = new Centrifuge(endpointsOf(transport), {
        emulationEndpoint: new URL("emulation", location.href).href,
        token,
        name: "chorus-page",
        websocket: line.webSocket,
        networkEventTarget: line.network,
      });
      client.on("connecting", ({ code, reason }) => {
        id = "";
        listeners.connection(connectingStanding({ code, reason, isCut: line.isCut() }));
      });
      client.on("connected", (context) => {
        id = context.client;
        listeners.connection({ at: "open", words: "Connected." });
      });
      client.on("disconnected", ({ code, reason }) => {
        id = "";
        listeners.connection(disconnectedStanding(code, reason));
      });
      client.on("error", ({ error }) => {
        if (!isUnreachable(error)) listeners.fault(error.message);
        else if (!line.isCut()) listeners.connection(unreachable(transport));
      });
      client.connect();
    },
    close() {
      unsubscribe();
      client?.disconnect();
      client = null;
    },
    subscribe(channel) {
      unsubscribe();
      if (client === null) return;
      subscription = client.newSubscription(channel, { recoverable: true, positioned: true, joinLeave: true });
      listen(subscription, listeners);
      subscription.subscribe();
    },
    unsubscribe,
    subscription: () => subscription,
    id: () => id,
    cut: line.cut,
    mend: line.mend,
  };
}

function listen(subscription: Subscription, listeners: ChannelsListeners): void {
  const { channel } = subscription;
  // The client hands over what recovery brought back right after `subscribed`, in the same turn.
  let recovering: { count: number } | null = null;
  subscription.on("subscribing", () =>
    listeners.subscription({ at: "connecting", words: `Subscribing to ${channel} …` }),
  );
  subscription.on("subscribed", ({ wasRecovering, recovered }) => {
    listeners.subscription({ at: "open", words: `Subscribed to ${channel}.` });
    listeners.presence({});
    if (!wasRecovering) return;
    const counted = { count: 0 };
    recovering = counted;
    queueMicrotask(() => {
      recovering = null;
      listeners.recovery({ recovered, count: counted.count });
    });
  });
  subscription.on("unsubscribed", ({ code, reason }) => {
    const byPerson = code === 0;
    listeners.subscription(
      byPerson
        ? { at: "closed", words: `Not subscribed to ${channel} any more.` }
        : { at: "refused", words: `Not subscribed to ${channel}: ${reason} (${code}).` },
    );
  });
  subscription.on("publication", (publication) => {
    if (recovering !== null) recovering.count += 1;
    listeners.publication(publication, recovering !== null);
  });
  subscription.on("join", ({ info }) => listeners.presence({ joined: info }));
  subscription.on("leave", ({ info }) => listeners.presence({ left: info }));
  subscription.on("error", ({ error }) => listeners.fault(`${channel}: ${error.message} (${error.code})`));
}

/** What carries the connection; automatic: the first of the others that comes through. */
export type Transport = "automatic" | "websocket" | "http_stream" | "sse";

function endpointsOf(transport: Transport): TransportEndpoint[] {
  const all = (["websocket", "http_stream", "sse"] as const).map((each) => ({
    transport: each,
    endpoint: endpoint(each),
  }));
  return transport === "automatic" ? all : all.filter((each) => each.transport === transport);
}

/** Relative to the page, which may be below a path of a proxy. */
function endpoint(transport: Exclude<Transport, "automatic">): string {
  const url = new URL(`connection/${transport}`, location.href);
  if (transport === "websocket") url.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
