import { chooseHostKey } from "../../scripts/stack/hostKeys";

const ed25519 = { key: "ssh-ed25519 AAAA", fingerprint: "SHA256:aaaa" };
const rsa = { key: "ssh-rsa BBBB", fingerprint: "SHA256:bbbb" };

describe("the host key of a machine", () => {
  test("is its best, and new, if nobody knows it", () => {
    expect(chooseHostKey([ed25519, rsa], [], "kube-0")).toEqual({ ...ed25519, isKnown: false });
  });

  test("is the one that is known, even if it has a better one", () => {
    expect(chooseHostKey([ed25519, rsa], [rsa], "kube-0")).toEqual({ ...rsa, isKnown: true });
  });

  test("is refused if another one is known", () => {
    const before = { key: "ssh-ed25519 CCCC", fingerprint: "SHA256:cccc" };
    expect(() => chooseHostKey([ed25519, rsa], [before], "[kube-0]:2222")).toThrow(
      "[kube-0]:2222 shows another host key than the one in ~/.ssh/known_hosts: it was installed anew, or is another machine. Compare SHA256:aaaa with what it says itself, then `ssh-keygen -R '[kube-0]:2222'`.",
    );
  });
});
