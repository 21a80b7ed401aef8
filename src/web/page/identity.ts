import { recall } from "./memory.ts";

/** What is the same in every tab, by the name of its fields: a person is one, wherever they connect. */
const shared = ["channel", "token"] as const;

/** The fields of the forms in which a person says who they are and where. */
function fieldsOf(root: ParentNode, name: (typeof shared)[number]): readonly HTMLInputElement[] {
  return [...root.querySelectorAll<HTMLInputElement>(`.join input[name="${name}"]`)];
}

/** What is entered in one tab appears in the others too. A tab that is connected keeps what it is connected with. */
export function shareIdentity(): void {
  document.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.closest(".join") === null) return;
    const name = shared.find((each) => each === target.name);
    if (name === undefined) return;
    for (const field of fieldsOf(document, name)) if (field !== target && !field.disabled) field.value = target.value;
  });
}

/** Fills the form of a tab that is opened with what a person has entered in another one. */
export function adoptIdentity(form: HTMLElement): void {
  for (const name of shared) {
    const entered = fieldsOf(document, name).find((field) => !form.contains(field))?.value ?? "";
    const own = form.querySelector<HTMLInputElement>(`input[name="${name}"]`);
    if (own !== null && entered !== "") own.value = entered;
  }
}

/** The channel that was entered in another tab; "" where none was opened. */
export function enteredChannel(): string {
  return fieldsOf(document, "channel").find(({ value }) => value !== "")?.value ?? "";
}

/** The name that a person has given; "" where they have given none. */
export function ownName(): string {
  return recall("name") ?? "";
}
