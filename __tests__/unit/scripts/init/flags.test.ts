import { refuseIncompleteFlags, type Flags } from "../../../../scripts/init/flags";

test.each<[Flags, string]>([
  [{ smtp: "smtp.example.com:587" }, "--smtp is given without --email."],
  [{ "smtp-user": "pi" }, "--smtp-user is given without --email."],
  [{ "smtp-password-file": "file" }, "--smtp-password-file is given without --email."],
  [{ "influxdb-org": "org" }, "--influxdb-org is given without --influxdb-bucket."],
  [
    { "influxdb-org": "org", "influxdb-bucket": "bucket" },
    "--influxdb-bucket is given without --influxdb-token-file.",
  ],
  [{ "influxdb-token-file": "file" }, "--influxdb-token-file is given without --influxdb-org."],
])("%j is incomplete", (flags, mistake) => {
  expect(() => {
    refuseIncompleteFlags(flags);
  }).toThrow(`Nothing was written:\n  ${mistake}`);
});

test("complete flags are accepted", () => {
  refuseIncompleteFlags({});
  refuseIncompleteFlags({ email: "me@example.com", smtp: "smtp.example.com:587" });
  refuseIncompleteFlags({ "influxdb-org": "org", "influxdb-bucket": "b", "influxdb-token-file": "file" });
});
