import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseMachineFacts } from "../../scripts/init/machineFacts";

const script = join(__dirname, "../../scripts/init/machineFacts.sh");
const machine = { host: "kube-0.local", port: 22, user: "pi", key: "agent", hostKey: "unchecked" };

test.each(["server", "node"])("a %s tells of itself", (kind) => {
  const output = execFileSync("sh", [script, kind], { encoding: "utf8" });
  const facts = parseMachineFacts(output, machine);
  expect(facts).toMatchObject({
    hostname: expect.stringMatching(/./) as string,
    architecture: expect.stringMatching(/./) as string,
  });
  const told = kind === "server" ? (facts.docker ?? facts.dockerError) : facts.sudo;
  expect(told).toMatch(/./);
});

test("ports that are listened on are numbers, and a value may have any character", () => {
  const output = "hostname=vps\narchitecture=x86_64\ndockerError=a=b; c\nlistens=80\nlistens=443\n";
  expect(parseMachineFacts(output, machine)).toMatchObject({ listens: [80, 443], dockerError: "a=b; c" });
});

// As the images of some clouds do.
test("a user who is only told to be another one is told so", () => {
  const output = 'Please login as the user "debian" rather than the user "root".\n';
  expect(() => parseMachineFacts(output, machine)).toThrow(
    'pi@kube-0.local has no shell that answers; it says: Please login as the user "debian"',
  );
});
