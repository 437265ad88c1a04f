import { chooseHostKey } from "../../../../scripts/remote/hostKeys";
import type { Answer } from "../../../../scripts/remote/knownHosts";

const ed25519 = { key: "ssh-ed25519 AAAA", fingerprint: "SHA256:aaaa" };
const ecdsa = { key: "ecdsa-sha2-nistp256 BBBB", fingerprint: "SHA256:bbbb" };
const rsa = { fingerprint: "SHA256:cccc" };
const shown: Parameters<typeof chooseHostKey>[0] = [ed25519, ecdsa];

const place = { name: "[kube-0]:2222", file: "/home/pi/.ssh/known_hosts", line: "3" };
const changed = (fingerprint: string): Answer => ({ trust: "changed", fingerprint, ...place });

/** @param answers what ssh says by itself, and what it says when it is asked for ed25519 */
function choose(...answers: Answer[]): ReturnType<typeof chooseHostKey> {
  const types = [undefined, "ssh-ed25519"];
  return chooseHostKey(shown, "kube-0", (type) => {
    expect(type).toBe(types.shift());
    const answer = answers.shift();
    return answer === undefined
      ? Promise.reject(new Error("ssh is asked too often."))
      : Promise.resolve(answer);
  });
}

describe("the host key of a machine", () => {
  test("is its best, and new, if it is unknown", async () => {
    await expect(choose({ trust: "unknown", ...ed25519 })).resolves.toEqual({ ...ed25519, isKnown: false });
  });

  test("is the one that ssh knows, even if there is a better one", async () => {
    await expect(choose({ trust: "known", ...ecdsa })).resolves.toEqual({ ...ecdsa, isKnown: true });
  });

  test("is one that works where ssh knows one of RSA too", async () => {
    const answers: Answer[] = [
      { trust: "known", ...rsa },
      { trust: "known", ...ed25519 },
    ];
    await expect(choose(...answers)).resolves.toEqual({ ...ed25519, isKnown: true });
  });

  test("is new where ssh knows only one of RSA", async () => {
    const answers: Answer[] = [{ trust: "known", ...rsa }, changed(ed25519.fingerprint)];
    await expect(choose(...answers)).resolves.toEqual({ ...ed25519, isKnown: false });
  });

  test("is refused if another one is known", async () => {
    await expect(choose(changed("SHA256:dddd"))).rejects.toThrow(
      "kube-0 shows another host key than the one in /home/pi/.ssh/known_hosts, line 3: it was installed again, or is another machine. Compare SHA256:dddd with what it says itself, then `ssh-keygen -f /home/pi/.ssh/known_hosts -R '[kube-0]:2222'`.",
    );
  });

  test("is refused if one of RSA is unknown and the best has changed", async () => {
    await expect(choose({ trust: "unknown", ...rsa }, changed(ed25519.fingerprint))).rejects.toThrow(
      "kube-0 shows another host key than the one in",
    );
  });

  test.each<Answer[]>([
    [{ trust: "none", reason: "It is marked as revoked." }],
    [
      { trust: "known", ...rsa },
      { trust: "none", reason: "It is marked as revoked." },
    ],
  ])("is refused for the reason that ssh has", async (...answers) => {
    await expect(choose(...answers)).rejects.toThrow(
      "ssh does not connect to kube-0: It is marked as revoked.",
    );
  });

  test.each<Answer[]>([
    [
      { trust: "known", ...rsa },
      { trust: "known", ...rsa },
    ],
    [{ trust: "known", ...rsa }, changed("SHA256:dddd")],
  ])("is refused if ssh is shown another one than ssh-keyscan", async (...answers) => {
    await expect(choose(...answers)).rejects.toThrow("another machine may intercept the connection");
  });
});
