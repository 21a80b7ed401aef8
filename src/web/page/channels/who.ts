import type { ClientInfo, Subscription } from "centrifuge";
import { make, need } from "../dom.ts";
import { ownName } from "../identity.ts";
import { countWords } from "../words.ts";

/** Connections that are listed by name; the rest is a number. */
const listedMax = 100;

export interface WhoOptions {
  subscription(): Subscription | null;
  /** The id of this page's connection. */
  id(): string;
}

/** The list of who is here: asked for once, then kept by joins and leaves. */
export interface Who {
  /** Asks for everyone. */
  refresh(): Promise<void>;
  joined(info: ClientInfo): void;
  left(info: ClientInfo): void;
  clear(): void;
}

export function createWho(card: HTMLElement, { subscription, id }: WhoOptions): Who {
  const list = need(card, "ul", HTMLElement);
  const count = need(card, ".count", HTMLElement);
  let here = new Map<string, ClientInfo>();
  let isAsking = false;
  let changedMeanwhile = false;

  const show = (): void => {
    count.textContent = countWords(here.size, "connection");
    const shown = [...here.values()].slice(0, listedMax).map((info) => row(info, info.client === id()));
    const rest = here.size - shown.length;
    list.replaceChildren(...shown, ...(rest > 0 ? [make("li", { text: `and ${rest} more` })] : []));
  };

  const refresh = async (): Promise<void> => {
    const asked = subscription();
    if (asked === null || isAsking) return;
    isAsking = true;
    changedMeanwhile = false;
    try {
      const { clients } = await asked.presence();
      if (asked !== subscription()) return;
      here = new Map(Object.entries(clients));
      show();
    } catch (error) {
      count.textContent = `not told: ${faultWords(error)}`;
      list.replaceChildren();
    } finally {
      isAsking = false;
    }
    // The answer may be older than a join or a leave that came while it was awaited.
    if (changedMeanwhile) await refresh();
  };

  return {
    refresh,
    joined(info) {
      changedMeanwhile = true;
      here.set(info.client, info);
      show();
    },
    left(info) {
      changedMeanwhile = true;
      here.delete(info.client);
      show();
    },
    clear() {
      here = new Map();
      count.textContent = "";
      list.replaceChildren();
    },
  };
}

function row({ user, client }: ClientInfo, isSelf: boolean): HTMLElement {
  const name = make("bdi", { text: isSelf && user === "" && ownName() !== "" ? ownName() : userWords(user) });
  const short = make("code", { text: client.slice(0, 8) });
  short.title = client;
  return make("li", { children: [name, short, ...(isSelf ? [make("span", { class: "hint", text: "you" })] : [])] });
}

/** A user in words. */
export function userWords(user: string): string {
  return user === "" ? "anonymous" : user;
}

/** What the client rejects with is an error of the protocol: `{ code, message }`. */
export function faultWords(fault: unknown): string {
  if (typeof fault !== "object" || fault === null || !("message" in fault)) return String(fault);
  return "code" in fault ? `${fault.message} (${fault.code})` : String(fault.message);
}
