import { need } from "../dom.ts";

/** Files that one drop or one choice can send; more are a mistake more often than a wish. */
const filesMax = 20;

/** The three ways to choose files: the button, dropping them anywhere on the page, and pasting. */
export function startFilePicking(section: HTMLElement, send: (files: readonly File[]) => void): void {
  const input = need(section, "#chat-files", HTMLInputElement);
  const button = need(section, "#chat-file", HTMLButtonElement);
  const drop = need(section, "#chat-drop", HTMLElement);
  const sendAll = (files: FileList | undefined): void => send([...(files ?? [])].slice(0, filesMax));
  const isReady = (): boolean => !button.disabled && !section.hidden;

  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    sendAll(input.files ?? undefined);
    // The same file can be chosen again.
    input.value = "";
  });

  // On the whole window: a file dropped beside the mark would otherwise replace the page in its tab.
  window.addEventListener("dragover", (event) => {
    event.preventDefault();
    drop.hidden = !isReady() || !event.dataTransfer?.types.includes("Files");
  });
  window.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) drop.hidden = true;
  });
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.hidden = true;
    if (isReady()) sendAll(event.dataTransfer?.files);
  });

  section.addEventListener("paste", (event) => {
    if (!isReady() || !event.clipboardData?.files.length) return;
    event.preventDefault();
    sendAll(event.clipboardData.files);
  });
}
