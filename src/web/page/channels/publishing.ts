import type { Subscription } from "centrifuge";
import type { LogView } from "../chat/log-view.ts";
import { field, need } from "../dom.ts";
import { ownName } from "../identity.ts";
import { readDraft } from "./publication-words.ts";
import { faultWords } from "./who.ts";

/** How many the button publishes that makes work for recovery. */
const manyCount = 20;

export interface PublishingOptions {
  readonly log: LogView;
  subscription(): Subscription | null;
}

/** The form that publishes one text or JSON value, or twenty numbered ones. */
export function startPublishing(form: HTMLFormElement, { log, subscription }: PublishingOptions): void {
  const text = field(form, "data");
  const publish = async (data: unknown): Promise<void> => {
    try {
      await subscription()?.publish(data);
    } catch (error) {
      log.note(`Not published: ${faultWords(error)}`);
    }
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (text.value.trim() === "") return;
    void publish(named(readDraft(text.value)));
    text.value = "";
  });
  need(form, "#channels-many", HTMLButtonElement).addEventListener("click", () => {
    for (let number = 1; number <= manyCount; number += 1) void publish(named(`Number ${number} of ${manyCount}`));
  });
}

/** A text with the name that a person has given, as the chat sends it; other data as it is. */
function named(data: unknown): unknown {
  const name = ownName();
  return typeof data === "string" && name !== "" ? { name, text: data } : data;
}
