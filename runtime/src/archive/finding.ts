/** One thing that `verify` has to say. */
export interface Finding {
  /**
   * - `error`: a snapshot cannot be restored as it was taken
   * - `warning`: every snapshot can, but something is not as it should be
   * - `info`: ordinary, and good to know
   */
  severity: 'error' | 'warning' | 'info';
  /** Stable, upper-case: the code of the error that reading would end with. */
  code: string;
  /** Key of the object it is about; empty for several. */
  object: string;
  topic?: string;
  partition?: number;
  /** Offsets that are concerned: inclusive. */
  from?: number;
  /** Exclusive. */
  until?: number;
  /** One line that says it all without the other fields. */
  message: string;
}
