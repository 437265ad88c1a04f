import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { MockMonitor } from "@pulumi/pulumi/runtime/mocks";
import { skipSdkDiagnostics } from "../../components/sdk/diagnostics";

/** A resource as the engine is asked for it. */
export interface RecordedResource {
  /** The type token, such as `docker:index/container:Container`. */
  readonly type: string;
  readonly name: string;
  /** `TYPE NAME` of the parent. */
  readonly parent?: string;
  /** `TYPE NAME` of the explicit provider. */
  readonly provider?: string;
  /** `TYPE NAME` of every resource that must exist before. */
  readonly dependsOn: readonly string[];
  /** Plain values; a secret is `{ secret: VALUE }`. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The resource options that were given, under their own names. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** The stack that the mocks play. */
export const stack = "test";

/** When InfluxDB was set up, by the mocks. */
export const setUpAt = "2026-01-02T03:04:05Z";

// As the program does. Jest maps every frame of these stacks to its source, which was half of the time of such tests.
skipSdkDiagnostics();

/**
 * Runs `program` against mocks and gives the resources that it has registered.
 *
 * The mocks answer as the providers do, with the inputs of a resource and the outputs that the program reads. `computed`
 * has these outputs; each has the name of its resource in it, so that a test sees where it goes.
 *
 * @param outputsBefore the outputs of the stack's last `up`
 */
export async function recordResources(
  program: () => unknown,
  outputsBefore: object = {},
): Promise<RecordedResource[]> {
  const register = jest.spyOn(MockMonitor.prototype, "registerResource");
  try {
    await pulumi.runtime.setMocks(
      {
        call: ({ token, inputs }: { token: string; inputs: object }) => {
          if (token === "pulumi:pulumi:readStackOutputs") {
            expect(inputs).toEqual({ name: `organization/pi-monitoring/${stack}` });
            return { outputs: outputsBefore };
          }
          throw new Error("the program looks nothing up: a preview works without the server and the nodes");
        },
        newResource: ({ type, name, inputs }: { type: string; name: string; inputs: object }) => {
          // The monitor calls this within the call that was recorded last.
          const request = register.mock.lastCall?.[0] as RegisterResourceRequest;
          const state: Record<string, unknown> = { ...inputs, ...computed(type, name) };
          for (const output of request.getAdditionalsecretoutputsList()) {
            state[output] = pulumi.secret(state[output]);
          }
          return { id: `${name}-id`, state };
        },
      },
      "pi-monitoring",
      stack,
      false,
      "organization",
    );
    try {
      await program();
    } finally {
      // After an error too, as registrations may still run in the background.
      await pulumi.runtime.disconnect();
    }
    return register.mock.calls.map(([request]) => record(request as RegisterResourceRequest));
  } finally {
    register.mockRestore();
  }
}

function computed(type: string, name: string): object {
  switch (type) {
    case "random:index/randomPassword:RandomPassword":
      return { result: `${name}-result` };
    case "docker:index/remoteImage:RemoteImage":
      return { imageId: `sha256:${name}` };
    case "command:local:Command":
    case "command:remote:Command":
      return { stdout: [`${name}-line-1`, `${name}-line-2`, setUpAt, `${name}-line-4`].join("\n") };
    default:
      return {};
  }
}

function record(request: RegisterResourceRequest): RecordedResource {
  const options = {
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
    deleteBeforeReplace: request.getDeletebeforereplace(),
    ignoreChanges: request.getIgnorechangesList(),
    protect: request.getProtect(),
    replaceOnChanges: request.getReplaceonchangesList(),
    retainOnDelete: request.getRetainondelete(),
  };
  return {
    type: request.getType(),
    name: request.getName(),
    parent: typeAndName(request.getParent()),
    provider: typeAndName(request.getProvider()),
    dependsOn: request.getDependenciesList().map((urn) => typeAndName(urn) ?? ""),
    inputs: revealEach(request.getObject()?.toJavaScript() ?? {}),
    options: Object.fromEntries(
      Object.entries(options).filter(([, value]) => (Array.isArray(value) ? value.length > 0 : value)),
    ),
  };
}

/** `TYPE NAME` of a URN, whose type is `PARENT'S TYPE$TYPE`; a provider's has its id behind the name. */
function typeAndName(urn: string): string | undefined {
  const [, , types, name] = urn.split("::");
  return types === undefined || name === undefined ? undefined : `${types.replace(/^.*\$/, "")} ${name}`;
}

/** Writes secrets, which have a signature of Pulumi's own in a request, as `{ secret: VALUE }`. */
function reveal(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(reveal);
  }
  if (typeof value !== "object" || value === null) {
    return value;
  }
  return pulumi.runtime.isRpcSecret(value)
    ? { secret: reveal(pulumi.runtime.unwrapRpcSecret(value)) }
    : revealEach(value);
}

function revealEach(values: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, reveal(value)]));
}
