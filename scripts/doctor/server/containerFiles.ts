import { quoteWord } from "../../../components/machine/ssh";
import { namesStatusFile } from "../../../components/server/ingress/httpsPortal";
import { credentialsFolder } from "../../../components/server/ingress/ingestEndpoint";
import { bufferStatusFile } from "../../../components/server/telegraf/telegraf";
import type { Server } from "../../remote/server";
import type { ContainerInputs } from "./containerDifferences";

/** The files of a container; those that do not exist are missing. */
export interface ContainerFiles {
  /** SHA-256 checksums of uploaded files and accepted credentials, by path. */
  readonly sums: ReadonlyMap<string, string>;
  /** The status that Telegraf or the portal writes. */
  readonly status: string;
}

/** Reads the files of a running container, in one command. */
export async function readContainerFiles(
  server: Server,
  { name, uploads = [] }: ContainerInputs,
): Promise<ContainerFiles> {
  const files = [...uploads.map(({ file }) => quoteWord(file)), `${credentialsFolder}/*.conf`];
  // Each container has only some of them.
  const script = `{ sha256sum ${files.join(" ")}; echo --; cat ${namesStatusFile} ${bufferStatusFile}; } 2>/dev/null; true`;
  const [sums = "", status = ""] = (await server.exec(name, ["sh", "-c", script])).split(/^--\n/m);
  const lines = [...sums.matchAll(/^([0-9a-f]{64}) [ *](.*)$/gm)];
  return { sums: new Map(lines.map(([, sum = "", path = ""]) => [path, sum])), status };
}
