import { isDeepStrictEqual } from "node:util";
import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { type Provider, providerVersions, servedStackVariable } from "./provider";
import type { Context, Properties, Resource } from "./resource";

type ResourceRequest = Pick<proto.CheckRequest, "getUrn" | "getName" | "getType">;

/**
 * Serves the stand-in for `provider` to the engine that has started this process. (`pulumi.provider.main` does not
 * pass on the configuration of a provider.) It marks no secrets: the engine and the SDK know them from the inputs.
 *
 * @param configure makes the resources, by type token, for a configuration of the provider
 */
export function serveStandIn(
  provider: Provider,
  configure: (configuration: Properties) => Readonly<Record<string, Resource>>,
): void {
  let resources: Readonly<Record<string, Resource>> = {};

  function forResource<Q extends ResourceRequest, R>(
    answer: (request: Q, resource: Resource) => R | Promise<R>,
  ): grpc.handleUnaryCall<Q, R> {
    return unary((request) => {
      const resource = resources[request.getType()];
      if (resource === undefined) {
        throw new Error(`the stand-in for the ${provider} provider does not know ${request.getType()}`);
      }
      return answer(request, resource);
    });
  }

  const server = new grpc.Server();
  server.addService(ResourceProviderService, {
    getPluginInfo: unary(() => new PluginInfo().setVersion(`${providerVersions[provider]}+stand-in`)),

    configure: unary((request: proto.ConfigureRequest) => {
      // A production stack that finds a stand-in on PATH must not come up half real.
      const stack = request.getUrn()?.split(":")[2];
      if (stack === undefined || stack !== process.env[servedStackVariable]) {
        throw new Error(
          `the ${provider} provider on PATH is a stand-in for the rehearsal and does not serve the stack "${stack ?? ""}": take its folder off PATH`,
        );
      }
      resources = configure(toProperties(request.getArgs()));
      return new proto.ConfigureResponse().setSupportspreview(true);
    }),

    check: forResource((request: proto.CheckRequest, { inputs }) => {
      // In a preview a value can be unknown, and then has no type: only the names of inputs are checked.
      const issues = inputs.strict().safeParse(toProperties(request.getNews())).error?.issues ?? [];
      const failures = issues
        .filter(({ code }) => code === "unrecognized_keys")
        .map(
          ({ path, message }) => `the stand-in does not know everything in "${path.join(".")}": ${message}`,
        )
        .map((reason) => new proto.CheckFailure().setReason(reason));
      return new proto.CheckResponse().setInputs(request.getNews()).setFailuresList(failures);
    }),

    diff: forResource((request: proto.DiffRequest, { inputs, replaces, deleteBeforeReplace }) => {
      const [old, news] = [toProperties(request.getOldInputs()), toProperties(request.getNews())];
      const changed = Object.keys(inputs.shape).filter((name) => !isDeepStrictEqual(old[name], news[name]));
      const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
      return new proto.DiffResponse()
        .setChanges(changed.length === 0 ? DIFF_NONE : DIFF_SOME)
        .setDiffsList(changed)
        .setReplacesList(changed.filter(replaces))
        .setDeletebeforereplace(deleteBeforeReplace?.(changed) ?? false);
    }),

    create: forResource(async (request: proto.CreateRequest, resource) => {
      const inputs = toProperties(request.getProperties());
      const { id, outputs } = request.getPreview()
        ? { id: "", outputs: {} }
        : await resource.create(inputs, contextOf(request));
      return new proto.CreateResponse().setId(id).setProperties(toStruct({ ...inputs, ...outputs }));
    }),

    read: forResource(async (request: proto.ReadRequest, resource) => {
      const state = toProperties(request.getProperties());
      const drift = resource.read === undefined ? {} : await resource.read(request.getId(), state);
      if (drift === undefined) {
        return new proto.ReadResponse();
      }
      // A changed input makes the next `up` restore it.
      const inputDrift = Object.entries(drift).filter(([name]) => name in resource.inputs.shape);
      return new proto.ReadResponse()
        .setId(request.getId())
        .setInputs(toStruct({ ...toProperties(request.getInputs()), ...Object.fromEntries(inputDrift) }))
        .setProperties(toStruct({ ...state, ...drift }));
    }),

    update: forResource(async (request: proto.UpdateRequest, resource) => {
      const [state, inputs] = [toProperties(request.getOlds()), toProperties(request.getNews())];
      if (resource.update === undefined) {
        throw new Error(`the stand-in for the ${provider} provider cannot update ${request.getType()}`);
      }
      // The real command provider, too, has no known output in the preview of an update: `markComputed` in
      // https://github.com/pulumi/pulumi-go-provider/blob/main/infer/resource.go
      const outputs = request.getPreview()
        ? {}
        : await resource.update(request.getId(), state, inputs, contextOf(request));
      return new proto.UpdateResponse().setProperties(toStruct({ ...outputs, ...inputs }));
    }),

    delete: forResource(async (request: proto.DeleteRequest, resource) => {
      const state = toProperties(request.getProperties());
      await resource.delete?.(request.getId(), state, contextOf(request));
      return new Empty();
    }),
  });

  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) {
      throw error;
    }
    // The engine reads the port from the first line.
    process.stdout.write(`${port}\n`);
  });

  // An engine that is killed does not end its providers.
  const engineProcess = process.ppid;
  setInterval(() => {
    if (process.ppid !== engineProcess) {
      process.exit(1);
    }
  }, 1000);
}

function unary<Q, R>(answer: (request: Q) => R | Promise<R>): grpc.handleUnaryCall<Q, R> {
  return ({ request }, callback) => {
    Promise.resolve(request)
      .then(answer)
      .then((response) => {
        callback(null, response);
      }, callback);
  };
}

// The engine gives its address as the only argument that is no flag.
const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
const engine = new EngineClient(engineAddress, grpc.credentials.createInsecure());

function contextOf(request: ResourceRequest): Context {
  const message = new LogRequest().setUrn(request.getUrn()).setSeverity(LogSeverity.INFO).setEphemeral(true);
  return {
    name: request.getName(),
    log: (line) => {
      // A line that is lost is no reason to stop.
      engine.log(message.setMessage(line), () => undefined);
    },
  };
}

function toProperties(struct: Struct | undefined): Properties {
  return struct?.toJavaScript() ?? {};
}

/** A struct has no undefined, and neither has JSON. */
function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as Record<string, string>);
}
