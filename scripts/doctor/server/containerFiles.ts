import { quoteWord } from "../../../components/machine/ssh";
import { namesStatusFile } from "../../../components/server/ingress/httpsPortal";
import { credentialsFolder } from "../../../components/server/ingress/ingestEndpoint";
import { containers, ingestContainers } from "../../../components/server/resourceNames";
import { bufferStatusFile, telegrafName } from "../../../components/server/telegraf/telegraf";
import type { Server } from "../../remote/server";
import type { LoadedStack } from "../../stack/stack";
import type { DeployedContainer } from "./containerDifferences";
import type { Engine } from "./engine";

/** The files of a container; those that do not exist are missing. */
export interface ContainerFiles {
  /** SHA-256 checksums by path. */
  readonly sums: ReadonlyMap<string, string>;
  readonly text: string;
}

/** Reads from each running container its uploaded files, accepted credentials and status. */
export async function readContainerFiles(
  { settings, server }: Pick<LoadedStack, "settings" | "server">,
  deployed: readonly DeployedContainer[],
  engine: Engine,
): Promise<ReadonlyMap<string, ContainerFiles>> {
  const ingestContainer = ingestContainers[settings.ingress.kind];
  const statusFiles = new Map([
    [containers.httpsPortal, namesStatusFile],
    [telegrafName(settings), bufferStatusFile],
  ]);
  const read = await Promise.all(
    deployed.map(async ({ id, inputs: { name, uploads = [] } }) => {
      const facts = engine.containers.get(name);
      const wanted = {
        sums: facts?.Id === id ? uploads.map(({ file }) => file) : [],
        folder: name === ingestContainer ? credentialsFolder : undefined,
        text: statusFiles.get(name),
      };
      const isWanted = wanted.sums.length > 0 || (wanted.folder ?? wanted.text) !== undefined;
      return facts?.State.Status === "running" && isWanted
        ? ([[name, await readFiles(server, name, wanted)]] as const)
        : [];
    }),
  );
  return new Map(read.flat());
}

interface WantedFiles {
  /** Paths of files whose checksums are read. */
  readonly sums: readonly string[];
  /** A folder of which the checksums of all `*.conf` files are read. */
  readonly folder: string | undefined;
  /** The path of a file whose text is read. */
  readonly text: string | undefined;
}

/** Reads files of a running container in one command. */
async function readFiles(
  server: Server,
  container: string,
  { sums, folder, text }: WantedFiles,
): Promise<ContainerFiles> {
  const paths = [...sums.map(quoteWord), ...(folder === undefined ? [] : [`${quoteWord(folder)}/*.conf`])];
  const commands = [
    ...(paths.length === 0 ? [] : [`sha256sum ${paths.join(" ")} 2>/dev/null`]),
    "echo --",
    ...(text === undefined ? [] : [`cat ${quoteWord(text)} 2>/dev/null`]),
    "true",
  ];
  return parseFiles(await server.exec(container, ["sh", "-c", commands.join("; ")]));
}

function parseFiles(output: string): ContainerFiles {
  const [lines = "", text = ""] = output.split(/^--\n/m);
  const sums = lines
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => line.split(/ [ *]/))
    .map(([sum = "", path = ""]) => [path, sum] as const);
  return { sums: new Map(sums), text };
}
