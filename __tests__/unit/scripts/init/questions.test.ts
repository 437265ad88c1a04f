import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { emailQuestion } from "../../../../scripts/init/questions";
import { temporaryFolder } from "../../../support/temporaryFolder";

const file = join(temporaryFolder(), "password");

test.each(["secret", "secret\n", "secret\r\n", "\uFEFFsecret\r\n"])(
  "the password in the file %j is that of its line",
  async (text) => {
    writeFileSync(file, text);
    const { given } = await emailQuestion({
      email: "me@example.com",
      smtp: "smtp.example.com:587",
      "smtp-user": "me",
      "smtp-password-file": file,
    });
    expect(given?.password).toBe("secret");
  },
);
