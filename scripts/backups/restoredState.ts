/** A resource in the state, as far as what is restored depends on it. */
export interface StateResource {
  readonly urn: string;
  readonly type: string;
  /** Whether it was replaced and waits to be deleted. */
  readonly delete?: boolean;
  readonly parent?: string;
  /** `URN::ID` of its provider. */
  readonly provider?: string;
  readonly dependencies?: readonly string[];
  readonly propertyDependencies?: Readonly<Record<string, readonly string[]>>;
  readonly deletedWith?: string;
  readonly inputs?: object;
  readonly outputs?: object;
}

/** What `pulumi stack export` gives. */
export interface Checkpoint {
  readonly deployment: {
    readonly resources?: readonly StateResource[];
    readonly pending_operations?: readonly unknown[];
  };
}

/**
 * The state for a new server with restored volumes: of the old one, what is known (passwords, tokens, that the
 * databases are set up), and nothing of what was made on the machines. The next `up` makes that anew, with the
 * address of the server that the settings have by then; a volume that is there it takes as it is.
 */
export function restoredState<C extends Checkpoint>(checkpoint: C): C {
  const gone = new Set<string>();
  const kept: StateResource[] = [];
  // A resource stands behind its parent and its provider.
  for (const resource of checkpoint.deployment.resources ?? []) {
    const { urn, type, parent = "", provider = "" } = resource;
    if (isOnMachine(type) || gone.has(parent) || gone.has(provider.replace(/::[^:]*$/, ""))) {
      gone.add(urn);
    } else {
      kept.push(resource);
    }
  }
  const resources = kept.map((resource) => runAgain(withoutReferences(resource, gone)));
  return { ...checkpoint, deployment: { ...checkpoint.deployment, resources, pending_operations: [] } };
}

function isOnMachine(type: string): boolean {
  return (
    type.startsWith("docker:") || type === "pulumi:providers:docker" || type === "command:remote:Command"
  );
}

function withoutReferences(resource: StateResource, gone: ReadonlySet<string>): StateResource {
  const { dependencies, propertyDependencies, deletedWith, ...rest } = resource;
  const staying = (urns: readonly string[]): string[] => urns.filter((urn) => !gone.has(urn));
  return {
    ...rest,
    ...(dependencies && { dependencies: staying(dependencies) }),
    ...(propertyDependencies && {
      propertyDependencies: Object.fromEntries(
        Object.entries(propertyDependencies).map(([property, urns]) => [property, staying(urns)]),
      ),
    }),
    ...(deletedWith !== undefined && !gone.has(deletedWith) && { deletedWith }),
  };
}

/**
 * What a script has done in a container may lie on a volume that no backup has, so all of them run again; see
 * `ContainerScript`. The old `update` is the one input that nothing but the comparison with the new one reads.
 */
function runAgain(resource: StateResource): StateResource {
  if (resource.type !== "command:local:Command" || resource.delete === true) {
    return resource;
  }
  const update = "# restored";
  return { ...resource, inputs: { ...resource.inputs, update }, outputs: { ...resource.outputs, update } };
}
