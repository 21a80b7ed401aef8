import { field, need } from "../dom.ts";
import type { Conversation } from "./conversation.ts";
import type { LogView } from "./log-view.ts";
import type { SentLately } from "./sent.ts";
import type { Session } from "./session.ts";
import { writeTextFrame } from "./text-frame.ts";

export interface ComposerOptions {
  readonly log: LogView;
  readonly conversation: Conversation;
  readonly sent: SentLately;
  /** The socket that is open now; null where there is none. */
  socket(): WebSocket | null;
  /** The person's present name. */
  name(): string;
}

/** The form in which a person writes. Returns what shows the state of the connection in it. */
export function startComposer(
  section: HTMLElement,
  { log, conversation, sent, socket, name }: ComposerOptions,
): (session: Session) => void {
  const form = need(section, "#chat-composer", HTMLFormElement);
  const text = field(form, "text");

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const open = socket();
    if (open === null || text.value.trim() === "") return;
    const frame = writeTextFrame({ name: name(), text: text.value });
    if (frame === null) {
      log.note("Not sent: this text is larger than the server takes");
      return;
    }
    open.send(frame);
    const entry = conversation.own({ mine: true, name: name() }, frame, text.value);
    sent.add({ bytes: new TextEncoder().encode(frame).byteLength, notSent: () => entry.notSent() });
    text.value = "";
  });
  text.addEventListener("keydown", (event) => {
    // While a word is being composed (Japanese, Chinese ...), Enter belongs to the input method.
    if (!(event instanceof KeyboardEvent) || event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  let wasOpen = false;
  return (session) => {
    const isOpen = session.at === "open";
    for (const element of form.elements) {
      if (element instanceof HTMLButtonElement) element.disabled = !isOpen;
    }
    // What was begun stays readable and editable while the connection comes back.
    text.disabled = session.at === "closed";
    text.placeholder = session.at === "closed" ? "Connect to write a message" : "Write a message";
    if (isOpen && !wasOpen && document.activeElement?.closest("#chat-join") !== null) text.focus();
    wasOpen = isOpen;
  };
}
