import type { MachineFacts } from "../../../../../scripts/init/machine/machineFacts";
import { nodeMistakes, serverMistakes } from "../../../../../scripts/init/checks/requirements";

const machine = { host: "vps.example.com", port: 22, user: "admin", key: "agent", hostKey: "unchecked" };
const nothing = { packages: {}, others: [], own: [] };
const server: MachineFacts = {
  ...nothing,
  hostname: "vps",
  architecture: "x86_64",
  docker: "20.10.24",
};
const pi: MachineFacts = {
  ...nothing,
  hostname: "kube-0",
  architecture: "aarch64",
  osName: "Debian GNU/Linux 12 (bookworm)",
  systemd: "252",
  apt: "lists",
  packages: {
    "prometheus-node-exporter": "1.5.0-1+b6",
    "prometheus-node-exporter-collectors": "0.0~git20230203.6f710f8-1",
    prometheus: "2.42.0+ds-5+b5",
  },
  sudo: "works",
};

describe("a VPS", () => {
  test.each<[string, Partial<MachineFacts>]>([
    ["the oldest Docker", {}],
    ["a newer Docker", { docker: "28.3.0" }],
    ["an ARM processor", { architecture: "aarch64" }],
  ])("with %s is right", (_, change) => {
    expect(serverMistakes({ ...server, ...change }, machine)).toEqual([]);
  });

  test.each<[string, Partial<MachineFacts>, string]>([
    ["another processor", { architecture: "armv7l" }, "vps.example.com is armv7l; the images are made for"],
    ["no Docker", { docker: "missing" }, "vps.example.com has no Docker: https://docs.docker.com"],
    [
      "an old Docker",
      { docker: "19.03.15" },
      "vps.example.com has Docker 19.03.15; the server needs 20.10 or newer.",
    ],
    ["an older Docker that sorts after it", { docker: "9.9.9" }, "has Docker 9.9.9"],
    [
      "a Docker for others",
      {
        docker: undefined,
        dockerError: "permission denied while trying to connect to the Docker daemon socket",
      },
      "admin may not use Docker on vps.example.com: `sudo usermod -aG docker admin` there",
    ],
    [
      "a Docker that is down",
      {
        docker: undefined,
        dockerError: "Cannot connect to the Docker daemon. Is the docker daemon running?",
      },
      "Docker does not answer on vps.example.com: `sudo systemctl enable --now docker` there.",
    ],
    [
      "podman's docker",
      { docker: "4.3.1", dockerKind: "podman" },
      "vps.example.com: `docker` there is podman, and this program needs Docker's own engine: https://",
    ],
    [
      "a rootless Docker",
      { docker: "26.1.5", dockerKind: "rootless" },
      "vps.example.com: its Docker runs without root and may not have ports 80 and 443: `net.ipv4.ip_unprivileged",
    ],
    [
      "IPv6 only",
      { ipv4: "none" },
      "vps.example.com has no IPv4 connection to the internet, which the containers need",
    ],
  ])("with %s is reported", (_, change, said) => {
    expect(serverMistakes({ ...server, ...change }, machine)).toEqual([expect.stringContaining(said)]);
  });
});

describe("a node", () => {
  test.each<[string, Partial<MachineFacts>]>([
    ["a Pi Zero", { architecture: "armv6l", osName: "Raspbian GNU/Linux 12 (bookworm)" }],
    ["a Pi 5", {}],
    ["a new card, whose apt has no lists yet", { apt: "empty", packages: {} }],
    ["Armbian's", { osName: "Armbian 23.11.0 Bookworm", systemd: "252" }],
    [
      "Ubuntu's",
      {
        osName: "Ubuntu 24.04.2 LTS",
        systemd: "255",
        packages: {
          "prometheus-node-exporter": "1.7.0-1ubuntu0.3",
          "prometheus-node-exporter-collectors": "0.0~git20231018.1b4a3e8-1",
          prometheus: "2.45.3+ds-2ubuntu0.3",
        },
      },
    ],
    ["a board with a processor of its own", { architecture: "riscv64", systemd: "257" }],
    ["one with an epoch", { packages: { prometheus: "1:3.0.0-1" } }],
    ["root's", { sudo: "unneeded" }],
    ["one whose sudo asks for a password, which init asks for", { sudo: "asks" }],
  ])("that is %s is right", (_, change) => {
    expect(nodeMistakes({ ...pi, ...change }, machine)).toEqual([]);
  });

  test.each<[string, Partial<MachineFacts>, string]>([
    [
      "no apt",
      { apt: undefined, packages: {}, osName: "Fedora Linux 43" },
      "vps.example.com (Fedora Linux 43) has no apt-get, which installs the exporters on a node.",
    ],
    [
      "packages that apt does not offer",
      { packages: { ...pi.packages, prometheus: "" }, osName: "Ubuntu 24.04.2 LTS" },
      "vps.example.com (Ubuntu 24.04.2 LTS, aarch64): apt offers no prometheus: `sudo apt-get update` there",
    ],
    [
      "old packages",
      { packages: { ...pi.packages, "prometheus-node-exporter": "1.3.1-1" } },
      "apt offers prometheus-node-exporter 1.3.1-1; a node needs 1.5 or newer.",
    ],
    [
      "an old system without lists",
      { systemd: "247", apt: "empty", packages: {}, osName: "Raspbian GNU/Linux 11 (bullseye)" },
      "vps.example.com (Raspbian GNU/Linux 11 (bullseye)) has systemd 247; a node needs 252 or newer.",
    ],
    ["no systemd", { systemd: undefined }, "was not started by systemd"],
    ["no sudo", { sudo: "missing" }, "vps.example.com has no sudo: `apt install sudo` there as root"],
    [
      "a sudo that asks for a password which the user does not have",
      { sudo: "asks", password: "none" },
      "sudo asks admin for a password on vps.example.com, and admin has none: as root there, `(umask 0337; echo 'admin ALL=",
    ],
  ])("with %s is reported", (_, change, said) => {
    expect(nodeMistakes({ ...pi, ...change }, machine)).toEqual([expect.stringContaining(said)]);
  });
});
