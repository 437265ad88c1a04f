import { parseAddress } from "../../scripts/init/address";

test.each([
  ["kube-0.local", { host: "kube-0.local", port: 22, user: undefined }],
  ["root@vps.example.com", { host: "vps.example.com", port: 22, user: "root" }],
  ["pi@192.168.1.10:2222", { host: "192.168.1.10", port: 2222, user: "pi" }],
  [" Kube-0.local ", { host: "kube-0.local", port: 22, user: undefined }],
])("%s is an address", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

test("what is no port is left for the schema to refuse", () => {
  expect(parseAddress("kube-0:ssh").port).toBeNaN();
});
