import type Docker from "dockerode";
import * as tar from "tar-stream";
import { z } from "zod";
import { retry } from "zx";
import type { Resource } from "../resource";
import { ifFound } from "./engine";
import { labelsSchema } from "./named";

// The engine wants nanoseconds and bytes.
const seconds = z
  .string()
  .regex(/^([0-9]+m)?[0-9]+s$/)
  .transform((text) => {
    const [rest = "", minutes = "0"] = text.split("m").reverse();
    return (Number(minutes) * 60 + Number.parseInt(rest, 10)) * 1e9;
  });
const megabytes = z.number().transform((number) => number * 1024 * 1024);

const network = z.strictObject({ name: z.string(), aliases: z.array(z.string()).optional() });
const volume = z.strictObject({ volumeName: z.string(), containerPath: z.string() });
const upload = z.strictObject({
  file: z.string(),
  content: z.string(),
  permissions: z.string().optional(),
});
const port = z.strictObject({
  internal: z.number(),
  external: z.number().transform(String),
  ip: z.string().default("0.0.0.0"),
});
const healthcheck = z.strictObject({
  tests: z.array(z.string()),
  interval: seconds.optional(),
  timeout: seconds.optional(),
  startPeriod: seconds.optional(),
  retries: z.number().optional(),
});

const containerInputs = z.object({
  name: z.string(),
  image: z.string(),
  hostname: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoints: z.array(z.string()).optional(),
  envs: z.array(z.string()).optional(),
  labels: labelsSchema.optional(),
  restart: z.string().default("no"),
  networkMode: z.string().default("bridge"),
  networksAdvanced: z.array(network).default([]),
  volumes: z.array(volume).default([]),
  uploads: z.array(upload).default([]),
  ports: z.array(port).default([]),
  healthcheck: healthcheck.optional(),
  wait: z.boolean().default(false),
  waitTimeout: z.number().default(60),
  mustRun: z.boolean().default(true),
  memory: megabytes.default(0),
  memorySwap: megabytes.default(0),
  stopSignal: z.string().optional(),
  stopTimeout: z.number().optional(),
  destroyGraceSeconds: z.number().default(0),
  logDriver: z.string().default("json-file"),
  logOpts: z.record(z.string(), z.string()).default({}),
});

type ContainerInputs = z.infer<typeof containerInputs>;

/** Of a health check the real provider takes a new value as well, and does not apply it. */
const inPlace = /^(restart|memory|memorySwap|mustRun|wait|waitTimeout|destroyGraceSeconds|healthcheck)$/;

export function containerResource(docker: Docker): Resource {
  return {
    inputs: containerInputs,
    replaces: (input) => !inPlace.test(input),
    deleteBeforeReplace: () => true,

    create: async (inputs) => {
      const parsed = containerInputs.parse(inputs);
      const container = await docker.createContainer(createOptions(parsed));
      try {
        await start(docker, container, parsed);
      } catch (error) {
        // The real provider keeps it and marks it to be replaced; here the next `up` would find its name taken.
        await container.remove({ force: true, v: true });
        throw error;
      }
      return { id: container.id };
    },

    read: async (id) => {
      const container = await ifFound(docker.getContainer(id).inspect());
      // The next `up` finds this changed, and starts it.
      return container && (container.State.Running ? {} : { mustRun: false });
    },

    update: async (id, state, inputs) => {
      const { restart, memory, memorySwap } = containerInputs.parse(inputs);
      const container = docker.getContainer(id);
      await container.update({ RestartPolicy: { Name: restart }, Memory: memory, MemorySwap: memorySwap });
      if (!containerInputs.pick({ mustRun: true }).parse(state).mustRun) {
        await container.start();
      }
      return {};
    },

    delete: async (id, state) => {
      const { destroyGraceSeconds } = containerInputs.pick({ destroyGraceSeconds: true }).parse(state);
      const container = docker.getContainer(id);
      // One that has stopped by itself is as good.
      await container.stop({ t: destroyGraceSeconds }).catch(() => undefined);
      // With the anonymous volumes, which the image declares and the program does not mount.
      await ifFound(container.remove({ force: true, v: true }));
    },
  };
}

function createOptions(inputs: ContainerInputs): Docker.ContainerCreateOptions {
  const { healthcheck, ports } = inputs;
  return {
    name: inputs.name,
    Image: inputs.image,
    Hostname: inputs.hostname,
    Cmd: inputs.command,
    Entrypoint: inputs.entrypoints,
    Env: inputs.envs,
    Labels: inputs.labels,
    StopSignal: inputs.stopSignal,
    StopTimeout: inputs.stopTimeout,
    Healthcheck: healthcheck && {
      Test: healthcheck.tests,
      Interval: healthcheck.interval,
      Timeout: healthcheck.timeout,
      StartPeriod: healthcheck.startPeriod,
      Retries: healthcheck.retries,
    },
    ExposedPorts: Object.fromEntries(ports.map(({ internal }) => [`${internal}/tcp`, {}])),
    HostConfig: {
      NetworkMode: inputs.networkMode,
      RestartPolicy: { Name: inputs.restart },
      Binds: inputs.volumes.map(({ volumeName, containerPath }) => `${volumeName}:${containerPath}:rw`),
      PortBindings: Object.fromEntries(
        ports.map(({ internal, external, ip }) => [`${internal}/tcp`, [{ HostIp: ip, HostPort: external }]]),
      ),
      LogConfig: { Type: inputs.logDriver, Config: inputs.logOpts },
      Memory: inputs.memory,
      MemorySwap: inputs.memorySwap,
    },
  };
}

async function start(docker: Docker, container: Docker.Container, inputs: ContainerInputs): Promise<void> {
  if (inputs.networksAdvanced.length > 0) {
    await docker.getNetwork("bridge").disconnect({ Container: container.id });
  }
  for (const { name, aliases } of inputs.networksAdvanced) {
    await docker.getNetwork(name).connect({ Container: container.id, EndpointConfig: { Aliases: aliases } });
  }
  for (const { file, content, permissions } of inputs.uploads) {
    const archive = tar.pack();
    archive.entry({ name: file, mode: Number.parseInt(permissions ?? "0644", 8) }, content);
    archive.finalize();
    await container.putArchive(archive, { path: "/" });
  }
  await container.start();
  if (inputs.wait) {
    await retry(inputs.waitTimeout, "1s", async () => {
      const { State } = await container.inspect();
      if (State.Health?.Status !== "healthy") {
        throw new Error("container failed to be in healthy state");
      }
    });
  }
}
