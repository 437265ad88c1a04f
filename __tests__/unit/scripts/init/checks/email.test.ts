import { checkEmail } from "../../../../../scripts/init/checks/email";

const email = { to: "pi@example.com", host: "localhost:25", user: "pi" };

test("a mail user with a password is accepted", async () => {
  const withPassword = { ...email, password: "PASSWORD" };
  expect(await checkEmail(withPassword)).toEqual({ value: withPassword });
});

test("a mail user without a password is refused", async () => {
  expect(await checkEmail(email)).toEqual({
    mistakes: ["contactPoints.email.password is missing: a user needs a password"],
  });
});
