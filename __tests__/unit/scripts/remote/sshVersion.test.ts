import { versionProblem } from "../../../../scripts/remote/sshVersion";

test.each([
  "OpenSSH_8.5p1, OpenSSL 1.1.1k  25 Mar 2021",
  "OpenSSH_9.2p1 Debian-2+deb12u6, OpenSSL 3.0.19 27 Jan 2026\n",
  "OpenSSH_10.0p2, LibreSSL 3.3.6",
  "OpenSSH_for_Windows_9.5p1, LibreSSL 3.8.2",
])("an ssh with KnownHostsCommand is accepted: %s", (version) => {
  expect(versionProblem(version)).toBeUndefined();
});

test.each([
  "OpenSSH_8.4p1 Debian-5+deb11u3, OpenSSL 1.1.1w  11 Sep 2023",
  "OpenSSH_7.10p1",
  "OpenSSH_for_Windows_8.1p1, LibreSSL 3.0.2",
  "Sun_SSH_1.1.8",
])("an older one, or another program, is refused: %s", (version) => {
  expect(versionProblem(`${version}\n`)).toBe(
    `The ssh on this machine is ${version}, which has no KnownHostsCommand: OpenSSH 8.5 or newer is needed here.`,
  );
});

test("a machine without ssh gets a message", () => {
  expect(versionProblem(undefined)).toBe(
    "There is no ssh on this machine: OpenSSH 8.5 or newer is needed here.",
  );
});
