/** The names of a node's Pulumi resources that the commands refer to. Another name would replace the resource. */
export const nodeResources = {
  exporters: (node: string) => `${node}-exporters`,
  exportersScript: (node: string) => `${node}-exporters-script`,
  prometheus: (node: string) => `${node}-prometheus`,
  prometheusScript: (node: string) => `${node}-prometheus-script`,
} as const;
