import { field, need } from "../dom.ts";
import { enteredChannel } from "../identity.ts";
import { push } from "./api.ts";
import { startPushLog } from "./push-log.ts";
import { type PushDraft, pushRequest, textWords } from "./request.ts";

/** The Push tab: a push by HTTP as a back end makes it, and the log of all pushes as it grows. */
export function startPush(section: HTMLElement): void {
  const form = need(section, "#push-form", HTMLFormElement);
  const outcome = need(section, "#push-outcome", HTMLElement);
  const to = need(form, "select", HTMLSelectElement);
  field(form, "target").value = enteredChannel() || "lobby";
  showFields(form, draftTo(to));
  to.addEventListener("change", () => showFields(form, draftTo(to)));
  const key = (): string => field(form, "key").value.trim();
  startKeyless(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send();
  });
  const send = async (): Promise<void> => {
    const value = (name: string): string => field(form, name).value.trim();
    const draft: PushDraft = {
      to: draftTo(to),
      target: value("target"),
      data: field(form, "data").value,
      keep: value("keep"),
      idempotencyKey: value("idempotency"),
    };
    outcome.textContent = "Pushing …";
    outcome.dataset["at"] = "connecting";
    const answer = await push(key(), pushRequest(draft));
    outcome.textContent = answer.ok ? `${answer.result}${textWords(draft.data)}` : answer.words;
    outcome.dataset["at"] = answer.ok ? "open" : "refused";
  };
  startPushLog(section, key);
}

function draftTo(select: HTMLSelectElement): PushDraft["to"] {
  return select.value === "channels" || select.value === "user" ? select.value : "channel";
}

const targetLabels = { channel: "Channel", channels: "Channels", user: "User" } as const;

/** Only what the chosen kind of push needs. */
function showFields(form: HTMLFormElement, to: PushDraft["to"]): void {
  need(form, "#push-target-label", HTMLElement).textContent = targetLabels[to];
  need(form, "#push-keep", HTMLElement).hidden = to !== "user";
}

/** How to give the server a key, for as long as none is entered here. */
function startKeyless(form: HTMLFormElement): void {
  const keyless = need(form, "#push-keyless", HTMLElement);
  const copy = need(keyless, "#push-copy", HTMLButtonElement);
  const command = need(keyless, "code", HTMLElement).textContent ?? "";
  const input = field(form, "key");
  input.addEventListener("input", () => {
    keyless.hidden = input.value.trim() !== "";
  });
  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(command);
      copy.textContent = "Copied";
    } catch {
      // Only pages of HTTPS or of this machine may write to the clipboard; the command can be selected.
      copy.textContent = "Select it to copy";
    }
  });
}
