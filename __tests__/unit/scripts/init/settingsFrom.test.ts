import type { Node } from "../../../../scripts/init/checks/nodes";
import { settingsFrom } from "../../../../scripts/init/settingsFrom";
import { exampleSettings, hostKey } from "../../../support/exampleSettings";

const key = "~/.ssh/id_ed25519";
const vps = { host: "vps.example.com", port: 22, user: "root", key, hostKey };
const node = (name: string, ports: Node["ports"] = {}): Node => ({
  ...vps,
  ports,
  name,
  host: `${name}.local`,
  user: "pi",
});

test("defaults are not written", () => {
  const nodes = [node("kube-0"), node("kube-1")];
  expect(settingsFrom({ domain: "example.com", vps, nodes, email: null, adopted: {} })).toEqual({
    domain: "example.com",
    vps: { host: "vps.example.com", hostKey },
    nodes: [
      { name: "kube-0", host: "kube-0.local", hostKey, master: true },
      { name: "kube-1", host: "kube-1.local", hostKey },
    ],
  });
});

test("the schema reads back what is not a default", () => {
  const elsewhere = { port: 2222, user: "admin", key: "agent" };
  const written = settingsFrom({
    domain: "example.com",
    vps: { ...vps, ...elsewhere },
    nodes: [{ ...node("kube-0"), ...elsewhere }],
    email: { to: "me@example.com", host: "smtp.example.com:587", user: "mailer", password: "SMTP-PASSWORD" },
    adopted: {},
  });
  // The password comes beside it, as a secret.
  const email = { ...(written.contactPoints as { email: object }).email, password: "SMTP-PASSWORD" };
  expect(exampleSettings({ ...written, contactPoints: { email } })).toMatchObject({
    vps: elsewhere,
    nodes: [{ sshPort: 2222, user: "admin", key: "agent", master: true }],
    contactPoints: {
      email: { to: ["me@example.com"], from: "me@example.com", host: "smtp.example.com:587", user: "mailer" },
    },
  });
  expect(JSON.stringify(written)).not.toContain("SMTP-PASSWORD");
});

test("a mail is from the user of the server, if that is an address", () => {
  const email = { to: "me@example.com", host: "smtp.example.com:587", user: "pi@example.com" };
  expect(
    settingsFrom({ domain: "example.com", vps, nodes: [node("kube-0")], email, adopted: {} }),
  ).toMatchObject({
    contactPoints: { email: { from: "pi@example.com" } },
  });
});

test("a node has the ports of those daemons whose usual ones are taken", () => {
  const nodes = [node("kube-0", { nodeExporter: 9101, prometheus: 9091 }), node("kube-1")];
  const written = settingsFrom({ domain: "example.com", vps, nodes, email: null, adopted: {} });
  expect(written).toMatchObject({
    nodes: [{ nodeExporter: { port: 9101 }, prometheus: { port: 9091 } }, { name: "kube-1" }],
  });
  expect(written["nodes"]).not.toHaveProperty([1, "nodeExporter"]);
});
