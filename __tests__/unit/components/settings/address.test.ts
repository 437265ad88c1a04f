import { hostAndPort, machineHostMistake, hostOf } from "../../../../components/settings/address";
import { parseAddress } from "../../../../scripts/init/sshAddress";

test.each([
  ["kube-0.local", { host: "kube-0.local", port: 22, user: undefined }],
  ["root@vps.example.com", { host: "vps.example.com", port: 22, user: "root" }],
  ["pi@192.168.1.10:2222", { host: "192.168.1.10", port: 2222, user: "pi" }],
  ["root@2001:db8::7", { host: "2001:db8::7", port: 22, user: "root" }],
  ["pi@[2001:DB8:0:0::7]:2222", { host: "2001:db8::7", port: 2222, user: "pi" }],
  ["[fd00::1]", { host: "fd00::1", port: 22, user: undefined }],
  ["fe80::1%eth0", { host: "fe80::1%eth0", port: 22, user: undefined }],
  [" Kube-0.local ", { host: "kube-0.local", port: 22, user: undefined }],
])("%s is an address", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

test("a port that is not a number is left for the schema to refuse", () => {
  expect(parseAddress("kube-0:ssh").port).toBeNaN();
});

test.each([
  "kube-0.local",
  "192.168.1.10",
  "2001:db8::7",
  "::1",
  "fd12:3456:789a:1::10",
  "64:ff9b::c000:201",
  // Begins with the letters of a link-local address.
  "fe8::1",
])("%s is a host, and that of a URL made of it", (host) => {
  expect(machineHostMistake(host)).toBeUndefined();
  expect(hostOf(new URL(`http://${hostAndPort(host, 9100)}/metrics`))).toBe(host);
});

test.each([
  ["2001:DB8::7", "must be in its shortest form, 2001:db8::7"],
  ["2001:db8:0:0::7", "must be in its shortest form, 2001:db8::7"],
  ["2001:db8:0:0:1:0:0:1", "must be in its shortest form, 2001:db8::1:0:0:1"],
  ["fe80::1", "must not be a link-local address"],
  ["fe80::1%eth0", "must not be a link-local address"],
  ["febf::1%en0", "must not be a link-local address"],
  ["2001:db8::7%eth0", "must be in its shortest form, 2001:db8::7"],
  ["::ffff:192.0.2.1", "must be in the form of IPv4, without ::ffff:"],
  ["::ffff:c000:201", "must be in the form of IPv4, without ::ffff:"],
  ["[2001:db8::7]", "must be a host name in lower case or an IP address"],
  ["[2001:db8::7]:22", "must be a host name in lower case or an IP address"],
  ["2001:db8::7::1", "must be a host name in lower case or an IP address"],
  ["12345::1", "must be a host name in lower case or an IP address"],
])("the host %s is refused with the reason", (host, reason) => {
  expect(machineHostMistake(host)).toContain(reason);
});
