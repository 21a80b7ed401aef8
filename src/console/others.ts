import type { Surveys } from "../cluster/surveys.ts";
import { type MaybePromise, then } from "../core/maybe-promise.ts";

/** What the consoles of nodes, and of the processes of one, ask each other. What they answer was made by the server itself. */
export class Others {
  readonly #surveys: Surveys | null;

  /** `surveys`: null where this process is alone. */
  constructor(surveys: Surveys | null) {
    this.#surveys = surveys;
  }

  /** Questions of this kind are answered so; null is no answer. */
  answer(kind: string, answer: (question: string) => MaybePromise<object | null>): void {
    this.#surveys?.onAsked(`console.${kind}`, (body) =>
      then(answer(body), (given) => (given === null ? null : JSON.stringify(given))),
    );
  }

  /** The answers of all others that have one. */
  async ask<Answer>(kind: string, question: string): Promise<readonly Answer[]> {
    if (this.#surveys === null) return [];
    const { answers } = await this.#surveys.ask(`console.${kind}`, question);
    return answers.map(({ body }) => JSON.parse(body) as Answer);
  }
}
