// The Pulumi program of the suite `providers`, which runs it on the stand-ins of the providers and on the real ones.
import { readFileSync } from "node:fs";
import * as command from "@pulumi/command";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type Scenario, scenarioVariable } from "./scenario";

const scenario = JSON.parse(process.env[scenarioVariable] ?? "") as Scenario;
const { name, ssh } = scenario;

const options = [
  `IdentityFile=${ssh.keyFile}`,
  "IdentitiesOnly=yes",
  `KnownHostsCommand=/bin/echo %H ${ssh.hostKey}`,
];
const provider = new docker.Provider("engine", {
  host: `ssh://${ssh.user}@${ssh.host}:${ssh.port}`,
  sshOpts: options.flatMap((option) => ["-o", option]),
});
const labels = [{ label: "pi-monitoring.test", value: name }];
const network = new docker.Network("network", { name, labels, driver: scenario.networkDriver }, { provider });
const volume = new docker.Volume("volume", { name, labels }, { provider });
const image = new docker.RemoteImage("image", { name: scenario.image, keepLocally: true }, { provider });
const password = new random.RandomPassword("password", { length: scenario.passwordLength, special: false });

const container = new docker.Container(
  "container",
  {
    name,
    labels,
    image: image.imageId,
    hostname: name,
    // On its stop signal it writes `clean` and exits, at most 0.2 s later; if it is killed, nothing is written. As the first
    // process it ignores all other signals.
    command: ["sh", "-c", "trap 'echo clean >> /data/stopped; exit' INT USR1; while :; do sleep 0.2; done"],
    restart: scenario.restart,
    networkMode: "bridge",
    networksAdvanced: [{ name: network.name, aliases: ["alias"] }],
    volumes: [{ volumeName: volume.name, containerPath: "/data" }],
    uploads: [
      { file: "/etc/providers/secret", content: password.result },
      { file: "/etc/providers/script", content: "#!/bin/sh\n", permissions: "0750" },
    ],
    envs: [`COLOUR=${scenario.colour}`],
    ports: [{ internal: 80, external: scenario.hostPort }],
    healthcheck: {
      tests: ["CMD", "test", "-e", "/etc/providers/secret"],
      interval: scenario.healthInterval,
      timeout: "5s",
      retries: 3,
      startPeriod: "1s",
    },
    wait: true,
    waitTimeout: 60,
    memory: scenario.memory,
    memorySwap: scenario.memory,
    stopSignal: scenario.stopSignal,
    stopTimeout: 10,
    destroyGraceSeconds: 10,
    logDriver: "json-file",
    logOpts: { "max-size": "1m", "max-file": "2" },
  },
  // The provider takes a new health check and does not apply it.
  { provider, deleteBeforeReplace: true, replaceOnChanges: ["healthcheck"] },
);

const local = new command.local.Command(
  "local",
  {
    create: `echo "local create" >> ${scenario.journal}; ${scenario.extraCommand}; cat`,
    update: `printf '%s' "$PULUMI_COMMAND_STDOUT"; echo "local update for $GENERATION" >> ${scenario.journal}`,
    delete: `echo "local delete $(printf '%s' "$PULUMI_COMMAND_STDOUT" | wc -c)" >> ${scenario.journal}`,
    stdin: password.result,
    environment: { GENERATION: scenario.generation },
    triggers: [scenario.trigger],
    logging: "none",
  },
  { additionalSecretOutputs: ["stdout", "stderr"] },
);

new command.remote.Command("remote", {
  connection: {
    host: ssh.host,
    port: ssh.port,
    user: ssh.user,
    privateKey: readFileSync(ssh.keyFile, "utf8"),
    hostKey: ssh.hostKey,
    dialErrorLimit: 2,
    perDialTimeout: 10,
  },
  create: "sh -s -- apply",
  delete: "sh -s -- remove",
  stdin: pulumi.interpolate`echo "remote $1 ${scenario.generation}" >> ${scenario.journal}; ${scenario.extraCommand}`,
  triggers: [scenario.trigger],
  addPreviousOutputInEnv: false,
});

export const secret = password.result;
export const commandOutput = local.stdout;
export const containerId = container.id;
