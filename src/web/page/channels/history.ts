import type { PublicationContext, Subscription } from "centrifuge";
import { make, need } from "../dom.ts";
import { countWords } from "../words.ts";
import { publicationWords } from "./publication-words.ts";
import { faultWords } from "./who.ts";

/** Publications that are asked for, the newest first. */
const historyLimit = 50;

/** The card that shows what the server keeps of a channel, when a person asks. */
export function startHistory(card: HTMLElement, subscription: () => Subscription | null): { clear(): void } {
  const list = need(card, "ol", HTMLElement);
  const words = need(card, ".count", HTMLElement);
  const show = async (): Promise<void> => {
    const asked = subscription();
    if (asked === null) return;
    try {
      const { publications, offset } = await asked.history({ limit: historyLimit, reverse: true });
      words.textContent = `${countWords(publications.length, "publication")}, the stream is at ${offset}`;
      list.replaceChildren(...publications.map(row));
    } catch (error) {
      words.textContent = `not told: ${faultWords(error)}`;
      list.replaceChildren();
    }
  };
  need(card, "button", HTMLButtonElement).addEventListener("click", () => void show());
  return {
    clear() {
      words.textContent = "";
      list.replaceChildren();
    },
  };
}

function row(publication: PublicationContext): HTMLElement {
  const { name, text } = publicationWords(publication);
  return make("li", {
    children: [
      make("code", { text: `#${publication.offset ?? "?"}` }),
      make("bdi", { text: name === "" ? text : `${name}: ${text}` }),
    ],
  });
}
