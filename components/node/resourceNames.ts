/** The names of a node's Pulumi resources that the commands refer to. Another name would replace the resource. */
export const nodeResources = {
  /** The script of node_exporter and of the textfiles. */
  node: (node: string) => `${node}-exporters`,
  /** The script of further exporters. */
  exporters: (node: string) => `${node}-exporters-script`,
  prometheus: (node: string) => `${node}-prometheus`,
  prometheusScript: (node: string) => `${node}-prometheus-script`,
} as const;
