import { markToRunAgain, type StackState, type StateResource } from "../stack/state";

/**
 * The state for a new server with restored volumes. It keeps what is known (passwords, tokens, that the databases are
 * set up), and drops what was made on the machines. The next `up` makes that again, with the server's address in the
 * settings; it uses existing volumes as they are.
 */
export function restoredState<C extends StackState>(exported: C): C {
  const gone = new Set<string>();
  const kept: StateResource[] = [];
  // A resource comes after its parent and its provider.
  for (const resource of exported.deployment.resources ?? []) {
    const { urn, type, parent = "", provider = "" } = resource;
    if (isOnMachine(type) || gone.has(parent) || gone.has(provider.replace(/::[^:]*$/, ""))) {
      gone.add(urn);
    } else {
      kept.push(resource);
    }
  }
  const resources = kept.map((resource) => {
    const known = withoutReferences(resource, gone);
    return isScript(known) ? markToRunAgain(known) : known;
  });
  return { ...exported, deployment: { ...exported.deployment, resources, pending_operations: [] } };
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

/** A script runs again, as what it did in a container may be on a volume that no backup has; see `ContainerScript`. */
function isScript({ type, delete: replaced }: StateResource): boolean {
  return type === "command:local:Command" && replaced !== true;
}
