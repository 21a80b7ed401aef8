/** Where chance comes from. Injected, so that a failing run can be played again from its seed. */
export interface Random {
  /** A version 4 UUID: the id of a connection. */
  uuid(): string;
  /** Eight random letters: the epoch of a stream, as Centrifugo writes them. */
  epoch(): string;
  /** A number in [0, 1): jitter. */
  float(): number;
}
