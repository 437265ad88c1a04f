import { eventually } from "../../support/eventually";
import { docker } from "./machines";

/**
 * Forwards port 80, to which the check of Let's Encrypt comes, to the portal. 127.0.0.11 is Docker's resolver. With a
 * variable, nginx asks it at each request: the portal gets another address when it is replaced.
 */
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

/** Makes a name resolve in the portal's container: a container on one of its networks has that name and leads to the portal. */
export async function addRecord(name: string): Promise<void> {
  const image = await docker("inspect", "--format", "{{.Image}}", "https-portal");
  const run = 'printf "%s" "$1" >/etc/nginx/nginx.conf && exec nginx -g "daemon off;"';
  await docker(
    ...["run", "--detach", "--rm", "--name", recordContainer(name)],
    ...["--network", "grafana", "--network-alias", name, "--entrypoint", "sh"],
    ...[image, "-c", run, "sh", nginx],
  );
  // A failure of this container shows here: the portal does not try a name again for 15 minutes.
  await eventually(`an answer at ${name}`, 30, async () => {
    await docker(
      "exec",
      "https-portal",
      "curl",
      "-sS",
      "--max-time",
      "5",
      "-o",
      "/dev/null",
      `http://${name}/`,
    );
  });
}

export async function removeRecord(name: string): Promise<void> {
  await docker("rm", "--force", "--volumes", recordContainer(name));
}

function recordContainer(name: string): string {
  return `record-of-${name}`;
}
