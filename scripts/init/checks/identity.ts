import { showHostKeys, trustedHostKey, typeOf } from "../../remote/hostKeys";
import type { Address } from "../sshAddress";
import type { CheckResult, Warning } from "../questionLoop";
import { collect } from "./collect";

/** A machine whose host key the user has accepted. */
export interface Identified {
  readonly address: Address;
  readonly hostKey: string;
}

/** Settings of a machine that stand in until the real ones are known. */
export const placeholders = { key: "agent", hostKey: "unchecked" };

/** Fetches the host keys of machines, all at once. */
export async function identify(addresses: readonly Address[]): Promise<CheckResult<readonly Identified[]>> {
  const { found, mistakes } = await collect(addresses, async (address) => ({
    address,
    ...(await trustedHostKey(address.host, address.port)),
  }));
  if (mistakes.length > 0) {
    return { mistakes };
  }
  const copies = found.flatMap(({ address, key }, index) => {
    const first = found.findIndex((other) => other.key === key);
    const { host = "" } = found[first]?.address ?? {};
    return first === index ? [] : [`${address.host} has the same host key as ${host}.`];
  });
  const unknown = found.filter(({ isKnown }) => !isKnown);
  const warnings: Warning[] = [
    {
      lines: copies,
      question: "It is the same machine, or one SD card is a copy of the other. Continue anyway?",
      flag: "yes",
    },
    {
      lines: unknown.map(
        ({ address, ...shown }) => `${address.host}: ${shown.fingerprint} (${typeOf(shown)})`,
      ),
      question: `Is that what the machines themselves say (\`${showHostKeys}\` there)?`,
      flag: "accept-host-keys",
    },
  ];
  return {
    value: found.map(({ address, key }) => ({ address, hostKey: key })),
    warnings: warnings.filter(({ lines }) => lines.length > 0),
  };
}
