import { type Checkpoint, runAgain, type StateResource } from "../stack/state";

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
  const resources = kept.map((resource) => {
    const known = withoutReferences(resource, gone);
    return isScript(known) ? runAgain(known) : known;
  });
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

/** What a script has done in a container may lie on a volume that no backup has; see `ContainerScript`. */
function isScript({ type, delete: replaced }: StateResource): boolean {
  return type === "command:local:Command" && replaced !== true;
}
