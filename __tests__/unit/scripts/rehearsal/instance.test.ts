import { basename } from "node:path";
import type * as Instance from "../../../../scripts/rehearsal/instance";

/** What the module says to a process with this value of the variable. */
function load(value: string | undefined): typeof Instance {
  delete process.env["PI_MONITORING_REHEARSAL"];
  if (value !== undefined) {
    process.env["PI_MONITORING_REHEARSAL"] = value;
  }
  let loaded: typeof Instance | undefined;
  jest.isolateModules(() => {
    loaded = jest.requireActual<typeof Instance>("../../../../scripts/rehearsal/instance");
  });
  return loaded as typeof Instance;
}

const { PI_MONITORING_REHEARSAL: before } = process.env;

afterAll(() => {
  load(before);
});

test("rehearsals share neither a folder nor a port", () => {
  const instances = [undefined, "1", "2", "9"].map(load);
  expect(instances.map(({ rehearsalFolder }) => basename(rehearsalFolder))).toEqual([
    ".lab",
    ".lab-1",
    ".lab-2",
    ".lab-9",
  ]);
  const all = instances.flatMap(({ ports }) => Object.values(ports).flat());
  expect(new Set(all).size).toBe(all.length);
  // Outgoing connections have ports from 32768 on.
  expect(Math.max(...all)).toBeLessThan(32768);
});

test.each(["10", "-1", "two", "1 "])("%j is refused", (value) => {
  expect(() => load(value)).toThrow(
    `PI_MONITORING_REHEARSAL = ${JSON.stringify(value)}: must be a number from 1 to 9, or unset.`,
  );
});
