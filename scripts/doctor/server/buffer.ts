import type { Finding } from "../findings";

/** Where Telegraf keeps what InfluxDB has not taken yet. */
export interface BufferHealth {
  /** `memory` while the disk must not fill up any further. */
  readonly place: "disk" | "memory";
  readonly usedKb: number;
  readonly limitKb: number;
  /** Free on the disk of the buffer. */
  readonly freeKb: number;
  /** Copies of damaged files from before their repair, in the folder set-aside of Telegraf's volume. */
  readonly setAside: readonly string[];
}

/** @param status the text of Telegraf's status file; empty if there is none */
export function parseBuffer(status: string): BufferHealth | null {
  return JSON.parse(status === "" ? "null" : status) as BufferHealth | null;
}

export function bufferFindings(buffer: BufferHealth | null): Finding[] {
  const subject = "telegraf";
  if (buffer === null) {
    const problem = "it does not report the state of its buffer";
    const remedy = "`docker logs telegraf` on the server may say why";
    return [{ subject, problem, remedy, mayPassByItself: true }];
  }
  const found = buffer.setAside.map((file): Finding => {
    const problem = `a damaged file of the buffer was set aside: ${file}; what could be read of it was kept`;
    const remedy = `remove it when you do not need it: \`docker exec telegraf rm /var/lib/telegraf/set-aside/${file}\``;
    return { subject, problem, remedy };
  });
  if (buffer.place === "memory") {
    const isAtLimit = buffer.usedKb >= buffer.limitKb;
    const cause = isAtLimit ? "its buffer has reached its limit" : "its disk is full";
    const problem = `${cause}: samples wait in memory alone, and are lost if they must wait long`;
    const room = isAtLimit ? "" : "make room on the server's disk, or ";
    const remedy = `${room}bring InfluxDB back; Telegraf finds it by itself`;
    found.unshift({ subject, problem, remedy, mayPassByItself: true });
  }
  return found;
}
