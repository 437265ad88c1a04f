import { explainLogin } from "../../../../../scripts/init/machine/login";

const machine = {
  host: "kube-0.local",
  port: 22,
  user: "pi",
  key: "~/.ssh/id_ed25519",
  hostKey: "unchecked",
};

test.each([
  [
    "pi@kube-0.local: Permission denied (publickey).",
    {},
    "kube-0.local does not accept pi with ~/.ssh/id_ed25519: `ssh-copy-id -i ~/.ssh/id_ed25519 pi@kube-0.local`, or give another key or user. For one machine, the user is given with its address, as USER@HOST.",
  ],
  [
    "Received disconnect from 192.168.1.10 port 2222:2: Too many authentication failures",
    { key: "agent", port: 2222 },
    "kube-0.local does not accept pi with a key of the agent: `ssh-copy-id -p 2222 pi@kube-0.local`, or give another key or user. For one machine, the user is given with its address, as USER@HOST.",
  ],
  [
    "Host key verification failed.",
    {},
    "kube-0.local shows another host key than a moment ago: another machine may intercept the connection.",
  ],
  ["", {}, "pi@kube-0.local cannot be logged in to: no answer within 40 seconds"],
])("what ssh says is explained: %s", (stderr, change, said) => {
  expect(explainLogin(stderr, { ...machine, ...change })).toBe(said);
});
