import { samples } from "../../../../components/flux/query";

test("samples are of metrics with the same labels, as no sample has all of different ones", () => {
  expect(samples({ of: ["node_filesystem_avail_bytes", "node_filesystem_size_bytes"] })).toContain(
    "r.mountpoint",
  );
  expect(() => samples({ of: ["node_filesystem_readonly", "rpi_root_readonly"] })).toThrow(
    "node_filesystem_readonly, rpi_root_readonly",
  );
});
