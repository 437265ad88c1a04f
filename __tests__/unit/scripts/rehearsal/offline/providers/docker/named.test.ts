import {
  networkResource,
  volumeResource,
} from "../../../../../../../scripts/rehearsal/offline/providers/docker/named";

/** An engine that records what it creates. */
function recordingEngine() {
  const created: unknown[] = [];
  const create = (options: unknown): Promise<{ id: string; name: string }> => {
    created.push(options);
    return Promise.resolve({ id: "an-id", name: "a-name" });
  };
  const find = (): never => {
    throw new Error("is not looked for");
  };
  const engine = { createNetwork: create, createVolume: create, getNetwork: find, getVolume: find };
  return { created, engine: engine as unknown as Parameters<typeof networkResource>[0] };
}

const context = { name: "test", log: () => undefined };
const labels = [{ label: "pi-monitoring.stack", value: "dev" }];
const driverOpts = { type: "tmpfs" };

test("a volume is created with the options of its driver", async () => {
  const { created, engine } = recordingEngine();
  const resource = volumeResource(engine);
  expect(await resource.create({ name: "spool", labels, driverOpts }, context)).toEqual({ id: "a-name" });
  expect(created).toEqual([
    { Name: "spool", Labels: { "pi-monitoring.stack": "dev" }, DriverOpts: driverOpts },
  ]);
});

test("a network is created without them, and they are refused", async () => {
  const { created, engine } = recordingEngine();
  const resource = networkResource(engine);
  expect(await resource.create({ name: "grafana", labels }, context)).toEqual({ id: "an-id" });
  expect(created).toEqual([
    { Name: "grafana", Labels: { "pi-monitoring.stack": "dev" }, CheckDuplicate: true },
  ]);
  const { error } = resource.inputs.strict().safeParse({ name: "grafana", driverOpts });
  expect(error?.message).toContain("driverOpts");
});
