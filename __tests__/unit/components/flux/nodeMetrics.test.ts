import { isPhysicalInterface } from "../../../../components/flux/nodeMetrics";

const excluded = new RegExp(/\/(.+)\//.exec(isPhysicalInterface)?.[1] ?? "");

test.each(["eth0", "wlan0", "end0", "enp1s0", "lorawan0", "bond0", "usb0", "wwan0"])(
  "the traffic of %s counts",
  (device) => {
    expect(device).not.toMatch(excluded);
  },
);

test.each([
  "lo",
  "docker0",
  "br-1a2b3c",
  "veth12ab",
  "cni0",
  "flannel.1",
  "cali1234",
  "virbr0",
  "wg0",
  "tun0",
])("the traffic of %s does not count twice", (device) => {
  expect(device).toMatch(excluded);
});
