import { docker } from "./machines";

/** Forwards port 80 to the portal. */
const nginx = `events {}
http {
  access_log off;
  resolver 127.0.0.11 ipv6=off valid=1s;
  server {
    listen 80;
    location / {
      set $portal https-portal;
      proxy_pass http://$portal;
      proxy_set_header Host $host;
    }
  }
}`;

/** Makes a name resolve in the portal's container: a container on the same network has that name and leads to the portal. */
export async function addRecord(name: string): Promise<void> {
  const image = await docker("inspect", "--format", "{{.Image}}", "https-portal");
  const run = 'printf "%s" "$1" >/etc/nginx/nginx.conf && exec nginx -g "daemon off;"';
  await docker(
    ...["run", "--detach", "--rm", "--name", recordContainer(name)],
    ...["--network", "grafana", "--network-alias", name, "--entrypoint", "sh"],
    ...[image, "-c", run, "sh", nginx],
  );
}

export async function removeRecord(name: string): Promise<void> {
  await docker("rm", "--force", "--volumes", recordContainer(name));
}

function recordContainer(name: string): string {
  return `record-of-${name}`;
}
