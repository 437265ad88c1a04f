/** Folders by Grafana's own variables, with the defaults of its image. */
export const dataFolder = process.env["GF_PATHS_DATA"] ?? "/var/lib/grafana";
export const provisioningFolder = process.env["GF_PATHS_PROVISIONING"] ?? "/etc/grafana/provisioning";

export const port = Number(process.env["GF_SERVER_HTTP_PORT"] ?? 3000);
