import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { promisify } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import {
  type Provider,
  servedStackVariable,
} from "../../../../../../scripts/rehearsal/offline/providers/provider";
import { projectRoot } from "../../../../../support/projectRoot";

/** A stand-in that runs, and serves the stack `dev`. */
class StandIn {
  private constructor(
    private readonly process: ChildProcessWithoutNullStreams,
    private readonly client: ResourceProviderClient,
  ) {}

  static async start(provider: Provider): Promise<StandIn> {
    const program = join(projectRoot, `scripts/rehearsal/offline/providers/${provider}/index.ts`);
    // There is no engine at this address: a line that a command prints is lost.
    const words = ["--require", join(projectRoot, "typescript.cjs"), program, "127.0.0.1:1"];
    const child = spawn(process.execPath, words, { env: { ...process.env, [servedStackVariable]: "dev" } });
    const [port] = (await once(child.stdout, "data")) as [Buffer];
    const credentials = grpc.credentials.createInsecure();
    const client = new ResourceProviderClient(`127.0.0.1:${port.toString().trim()}`, credentials);
    const configure = promisify<proto.ConfigureRequest, proto.ConfigureResponse>(
      client.configure.bind(client),
    );
    const urn = `urn:pulumi:dev::pi-monitoring::pulumi:providers:${provider}::default`;
    await configure(new proto.ConfigureRequest().setUrn(urn));
    return new StandIn(child, client);
  }

  async update(type: string, olds: object, news: object, preview: boolean): Promise<unknown> {
    const update = promisify<proto.UpdateRequest, proto.UpdateResponse>(this.client.update.bind(this.client));
    const request = new proto.UpdateRequest()
      .setType(type)
      .setId("an-id")
      .setOlds(Struct.fromJavaScript({ ...olds }))
      .setNews(Struct.fromJavaScript({ ...news }))
      .setPreview(preview);
    return (await update(request)).getProperties()?.toJavaScript();
  }

  stop(): void {
    this.client.close();
    this.process.kill();
  }
}

let standIn: StandIn;

afterEach(() => {
  standIn.stop();
});

test("the preview of an update knows no output, as with the real command provider", async () => {
  standIn = await StandIn.start("command");
  const before = { create: "echo one", stdout: "one", stderr: "" };
  const after = { create: "echo two" };
  expect(await standIn.update("command:local:Command", before, after, true)).toEqual(after);
  const done = await standIn.update("command:local:Command", before, after, false);
  expect(done).toEqual({ ...after, stdout: "two", stderr: "" });
});

test("what can only be replaced is not updated", async () => {
  standIn = await StandIn.start("random");
  await expect(
    standIn.update("random:index/randomPassword:RandomPassword", { result: "a" }, {}, true),
  ).rejects.toThrow("cannot update random:index/randomPassword:RandomPassword");
});
