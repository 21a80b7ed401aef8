export const ways: readonly string[];

export function converse(plan: {
  readonly way: string;
  readonly url: string;
  readonly clients: { readonly json: unknown; readonly protobuf: unknown };
  readonly options?: object;
  readonly tell: (what: string, value?: unknown) => unknown;
  /** Called with the code of the first disconnect. */
  readonly cut?: (code: number) => void;
}): Promise<void>;
