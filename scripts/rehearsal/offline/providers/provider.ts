import { version as command } from "@pulumi/command/package.json";
import { version as docker } from "@pulumi/docker/package.json";
import { version as random } from "@pulumi/random/package.json";

/** The providers, which no package registry has, in the versions of their npm packages. */
export const providerVersions = { docker, command, random } as const;

export type Provider = keyof typeof providerVersions;

export const providers = ["docker", "command", "random"] as const satisfies readonly Provider[];

/** Names the one stack that stand-ins serve. */
export const servedStackVariable = "PI_MONITORING_STAND_INS_STACK";
