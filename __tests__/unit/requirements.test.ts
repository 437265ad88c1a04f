import type { MachineFacts } from "../../scripts/init/machineFacts";
import { nodeMistakes, serverMistakes } from "../../scripts/init/requirements";

const machine = { host: "vps.example.com", port: 22, user: "admin", key: "agent", hostKey: "unchecked" };
const server: MachineFacts = { hostname: "vps", architecture: "x86_64", docker: "20.10.24", listens: [] };
const pi: MachineFacts = {
  hostname: "kube-0",
  architecture: "aarch64",
  listens: [],
  os: "debian",
  release: "bookworm",
  osName: "Debian GNU/Linux 12 (bookworm)",
  systemd: "yes",
  sudo: "works",
};

describe("a VPS", () => {
  test.each<[string, Partial<MachineFacts>]>([
    ["the oldest Docker", {}],
    ["a newer Docker", { docker: "28.3.0" }],
    ["an ARM processor", { architecture: "aarch64" }],
  ])("with %s is right", (_, change) => {
    expect(serverMistakes({ ...server, ...change }, machine, undefined)).toEqual([]);
  });

  test.each<[string, Partial<MachineFacts>, string]>([
    ["another processor", { architecture: "armv7l" }, "vps.example.com is armv7l; the images are made for"],
    ["no Docker", { docker: "missing" }, "vps.example.com has no Docker: https://docs.docker.com"],
    [
      "an old Docker",
      { docker: "19.03.15" },
      "vps.example.com has Docker 19.03.15; it takes 20.10 or newer.",
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
    ["a web server", { listens: [80, 443] }, "vps.example.com: something listens on port 80 and 443, which"],
  ])("with %s is told so", (_, change, said) => {
    expect(serverMistakes({ ...server, ...change }, machine, undefined)).toEqual([
      expect.stringContaining(said),
    ]);
  });

  test("may have its ports taken by an https-portal", () => {
    expect(serverMistakes({ ...server, listens: [80, 443] }, machine, "portal")).toEqual([]);
  });
});

describe("a node", () => {
  test.each<[string, Partial<MachineFacts>]>([
    ["a Pi Zero", { architecture: "armv6l", os: "raspbian" }],
    ["a Pi 2", { architecture: "armv7l", os: "raspbian", release: "trixie" }],
    ["a Pi 5", {}],
    ["root's", { sudo: "unneeded" }],
  ])("that is %s is right", (_, change) => {
    expect(nodeMistakes({ ...pi, ...change }, machine)).toEqual([]);
  });

  test.each<[string, Partial<MachineFacts>, string]>([
    [
      "another processor",
      { architecture: "riscv64" },
      "vps.example.com is riscv64; a node is one of armv6l,",
    ],
    [
      "another system",
      { os: "ubuntu", release: "noble", osName: "Ubuntu 24.04 LTS" },
      "vps.example.com runs Ubuntu 24.04 LTS; a node runs Raspberry Pi OS or Debian, bookworm or trixie.",
    ],
    [
      "an old system",
      { release: "bullseye", osName: "Raspbian GNU/Linux 11 (bullseye)" },
      "runs Raspbian GNU/Linux 11 (bullseye);",
    ],
    ["no systemd", { systemd: undefined }, "vps.example.com was not started by systemd"],
    ["no sudo", { sudo: "missing" }, "vps.example.com has no sudo: `apt install sudo` there as root"],
    ["a sudo that asks", { sudo: "asks" }, "sudo asks admin for a password on vps.example.com"],
  ])("with %s is told so", (_, change, said) => {
    expect(nodeMistakes({ ...pi, ...change }, machine)).toEqual([expect.stringContaining(said)]);
  });
});
