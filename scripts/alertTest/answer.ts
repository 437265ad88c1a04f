/** The answer to a message. */
export interface Answer {
  readonly isAccepted: boolean;
  /** Of a heartbeat, the status and the first line, or the error of curl, without the address. */
  readonly text: string;
}
