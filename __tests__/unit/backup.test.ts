import { backedUp } from "../../components/server/backup";
import { containerType, find, recordServer } from "../support/recordServer";

test("what is backed up is what the program's containers have mounted, and where", async () => {
  const resources = await recordServer();
  for (const { container, volume, path } of backedUp) {
    const { inputs } = find(resources, containerType, `server-${container}`);
    expect(inputs).toMatchObject({
      name: container,
      volumes: expect.arrayContaining([{ volumeName: volume, containerPath: path }]) as object[],
    });
  }
});
