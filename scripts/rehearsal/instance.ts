import { join } from "node:path";

/** The stack that `npm start` brings up, and the only one that may run on stand-ins. */
export const rehearsalStack = "dev";

/**
 * Names the rehearsal that a process and its children work on: a number from 1 to 9. Without it they work on the one of
 * `npm start`. Each has its own machines, network, ports, label and folder, so several can be up side by side.
 */
export const instanceVariable = "PI_MONITORING_REHEARSAL";

/** The number of this process's rehearsal, or 0 for the one of `npm start`. */
const instance = instanceOf(process.env[instanceVariable]);

/** Sets the names of this rehearsal apart from those of others. */
export const instanceSuffix = instance === 0 ? "" : `-${instance}`;

/** What the rehearsal of this checkout keeps while it is up: keys, and what was built for it. */
export const rehearsalFolder = join(__dirname, `../../.lab${instanceSuffix}`);

/**
 * The ports that this rehearsal has on the loopback address. They are below the ephemeral ports, any of which may be in use
 * by an outgoing connection.
 */
export const ports = {
  vpsSsh: hostPort(0),
  piSsh: [hostPort(1), hostPort(2), hostPort(3)],
  /** A lock: `npm run e2e` listens on it, so that only one runs. */
  e2e: hostPort(9),
  vpsHttps: 22443 + 10 * instance,
} as const;

function hostPort(offset: number): number {
  return 22200 + 10 * instance + offset;
}

function instanceOf(value: string | undefined): number {
  if (!/^[0-9]?$/.test(value ?? "")) {
    throw new Error(
      `${instanceVariable} = ${JSON.stringify(value)}: must be a number from 1 to 9, or unset.`,
    );
  }
  return Number(value ?? 0);
}
