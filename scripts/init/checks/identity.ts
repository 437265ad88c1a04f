import { showHostKeys, trustedHostKey, typeOf } from "../../remote/hostKeys";
import { type Checked, collect, refuse, warn } from "../checkResult";
import type { Address } from "../sshAddress";

/** A machine whose host key the user has accepted. */
export interface Identified {
  readonly address: Address;
  readonly hostKey: string;
}

/** Settings of a machine that stand in until the real ones are known. */
export const placeholders = { key: "agent", hostKey: "unchecked" };

/**
 * Fetches the host keys of machines, all at once.
 *
 * @throws UserError with each machine that shows none, or one that `ssh` refuses
 */
export async function identify(
  addresses: readonly Address[],
): Promise<Required<Omit<Checked<Identified[]>, "notes">>> {
  const { found, mistakes } = await collect(addresses, async (address) => ({
    address,
    ...(await trustedHostKey(address.host, address.port)),
  }));
  refuse(mistakes);
  const copies = found.flatMap(({ address, key }, index) => {
    const first = found.findIndex((other) => other.key === key);
    const { host = "" } = found[first]?.address ?? {};
    return first === index ? [] : [`${address.host} has the same host key as ${host}.`];
  });
  const unknown = found
    .filter(({ isKnown }) => !isKnown)
    .map(({ address, ...shown }) => `${address.host}: ${shown.fingerprint} (${typeOf(shown)})`);
  return {
    value: found.map(({ address, key }) => ({ address, hostKey: key })),
    warnings: [
      ...warn(copies, "It is the same machine, or one SD card is a copy of the other. Continue anyway?"),
      ...warn(
        unknown,
        `Is that what the machines themselves say (\`${showHostKeys}\` there)?`,
        "accept-host-keys",
      ),
    ],
  };
}
