import { join } from "node:path";
import { exec } from "../../../scripts/rehearsal/machines/machine";
import { makeCertificate } from "../../support/certificate";
import { temporaryFolder } from "../../support/temporaryFolder";
import { shell, startUnit } from "../support/machines";

const host = "vps.local";
/** A name that only /etc/hosts of the master knows. */
const knownName = "nas.home.test";
/** Where Debian takes a machine's own authorities from. */
const ownAuthority = "/usr/local/share/ca-certificates/presets.crt";
const folder = "/srv/presets";

/** What the master probes: a target of each kind, and one for each fault. All are the VPS, and answer until a test breaks them. */
export const targets = {
  page: `http://${host}:9180/`,
  pageToSlow: `http://${host}:9180/cgi-bin/slow`,
  site: `https://${host}:9443/`,
  dns: `dns://${host}:9053/example.com`,
  port: `${host}:22`,
  ping: host,
  name: knownName,
  pageToStop: `http://${host}:9181/`,
} as const;

/** The commands of the units on the VPS that answer. */
const commands = {
  page: `busybox httpd -f -p 9180 -h ${folder}/page`,
  "page-to-stop": `busybox httpd -f -p 9181 -h ${folder}/page`,
  site: `openssl s_server -quiet -www -accept 9443 -cert ${folder}/site.crt -key ${folder}/site.key`,
  dns: `dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts --port=9053 --address=/example.com/192.0.2.1`,
} as const;

type Unit = keyof typeof commands;

export async function startTarget(unit: Unit): Promise<void> {
  await startUnit("vps", `presets-${unit}`, ...commands[unit].split(" "));
}

export async function stopTarget(unit: Unit): Promise<void> {
  await shell("vps", `systemctl stop presets-${unit}`);
}

const certificates = temporaryFolder();
const authority = makeCertificate(join(certificates, "authority"), "authority.test");

/** Gives the site another certificate, of an authority that the master trusts. */
export async function serveCertificate(days: number): Promise<void> {
  await writeCertificate(days);
  await startTarget("site");
}

async function writeCertificate(days: number): Promise<void> {
  const made = makeCertificate(join(certificates, `${days}`), host, { days, issuer: authority });
  await exec("vps", ["tee", `${folder}/site.crt`], made.certificate);
  await exec("vps", ["tee", `${folder}/site.key`], made.key);
}

/** Sets the seconds that the slow page takes. */
export async function setDelay(seconds: number): Promise<void> {
  await exec("vps", ["tee", `${folder}/delay`], `${seconds}\n`);
}

const slow = `#!/bin/sh
sleep "$(cat ${folder}/delay)"
printf 'Content-Type: text/plain\\n\\nslow\\n'
`;

/** Makes the master resolve the name, or not. */
export async function setNameKnown(isKnown: boolean): Promise<void> {
  // Docker has mounted the file, so it is written in place.
  const edit = `others=$(grep -v ' ${knownName}$' /etc/hosts)
    { echo "$others"; ${isKnown ? `echo "$(getent ahostsv4 ${host} | awk '{ print $1; exit }') ${knownName}"` : ":"}; } >/etc/hosts`;
  await shell("kube-0", edit);
}

export async function startTargets(): Promise<void> {
  await shell("vps", "apt-get -qq install --yes --no-install-recommends dnsmasq-base >/dev/null");
  await shell("vps", `mkdir -p ${folder}/page/cgi-bin && echo page >${folder}/page/index.html`);
  await exec("vps", ["install", "-m", "755", "/dev/stdin", `${folder}/page/cgi-bin/slow`], slow);
  await setDelay(0);
  await exec("kube-0", ["tee", ownAuthority], authority.certificate);
  await shell("kube-0", "update-ca-certificates");
  await writeCertificate(90);
  await setNameKnown(true);
  for (const unit of Object.keys(commands) as Unit[]) {
    await startTarget(unit);
  }
}

export async function stopTargets(): Promise<void> {
  for (const unit of Object.keys(commands) as Unit[]) {
    await shell("vps", `systemctl stop presets-${unit} 2>/dev/null || true`);
  }
  await setNameKnown(false);
  await shell("kube-0", `rm -f ${ownAuthority} && update-ca-certificates --fresh`);
  await shell("vps", `rm -rf ${folder} && apt-get -qq purge --yes dnsmasq-base >/dev/null`);
}

/** Cuts the line from the master to the VPS, on which all targets and the server are, or repairs it. */
export async function cutLine(isCut: boolean): Promise<void> {
  const address = (await shell("kube-0", "hostname -I")).trim().split(" ")[0] ?? "";
  // In the table `raw`: Docker redirects packets to the ports of containers before the chain INPUT sees them.
  await exec("vps", [
    "iptables",
    "-t",
    "raw",
    isCut ? "-I" : "-D",
    "PREROUTING",
    "-s",
    address,
    "-j",
    "DROP",
  ]);
}
