import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hostKeyMistake, hostKeyTypes } from "../../../../components/machine/hostKey";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();

test.each(hostKeyTypes)(
  "a key of type %s, as OpenSSH makes it, is taken, and none that is cut off",
  (type) => {
    const file = join(folder, type);
    const bits = /nistp(\d+)$/.exec(type)?.[1];
    const options = bits === undefined ? ["-t", "ed25519"] : ["-t", "ecdsa", "-b", bits];
    execFileSync("ssh-keygen", ["-q", "-N", "", "-C", "", ...options, "-f", file]);
    const key = readFileSync(`${file}.pub`, "utf8").trim();
    expect(key.split(" ")[0]).toBe(type);
    expect(hostKeyMistake(key)).toBeUndefined();
    const mistake = expect.stringContaining("must be a complete key of the type in front of it") as string;
    for (let length = type.length + 2; length < key.length - 4; length++) {
      expect({ length, said: hostKeyMistake(key.slice(0, length)) }).toEqual({ length, said: mistake });
    }
  },
);

test("a host key may be unchecked", () => {
  expect(hostKeyMistake("unchecked")).toBeUndefined();
});
