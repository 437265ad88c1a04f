import { docker } from "./machines";

/** On the server, passes what comes to port 80 on to the portal, as the internet does. */
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

/** Makes a name resolve in the portal's container, and lead there: a container on a network of its own has that name. */
export async function addRecord(name: string): Promise<void> {
  const image = await docker("inspect", "--format", "{{.Image}}", "https-portal");
  const run = 'printf "%s" "$1" >/etc/nginx/nginx.conf && exec nginx -g "daemon off;"';
  await docker(
    ...["run", "--detach", "--rm", "--name", containerOf(name)],
    ...["--network", "grafana", "--network-alias", name, "--entrypoint", "sh"],
    ...[image, "-c", run, "sh", nginx],
  );
}

export async function removeRecord(name: string): Promise<void> {
  await docker("rm", "--force", containerOf(name));
}

function containerOf(name: string): string {
  return `record-of-${name}`;
}
