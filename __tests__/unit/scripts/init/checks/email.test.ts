import { lookup } from "node:dns/promises";
import { checkEmail } from "../../../../../scripts/init/checks/email";

jest.mock("node:dns/promises", () => ({ lookup: jest.fn() }));

const email = { to: "pi@example.com", host: "smtp.example.com:587" };

/** Lets the lookup of a name fail. */
function failWith(code: string): void {
  jest.mocked(lookup).mockRejectedValue(Object.assign(new Error(code), { code }));
}

beforeEach(() => {
  jest.mocked(lookup).mockResolvedValue([{ address: "203.0.113.25", family: 4 }] as never);
});

test("a mail user with a password is accepted", async () => {
  const withPassword = { ...email, user: "pi", password: "PASSWORD" };
  expect(await checkEmail(withPassword)).toMatchObject({ value: withPassword });
});

test("a mail user without a password is refused", async () => {
  await expect(checkEmail({ ...email, user: "pi" })).rejects.toThrow(
    "contactPoints.email.password is missing: a user needs a password",
  );
});

test.each([
  ["smtp.example.com:587", "smtp.example.com"],
  ["[2001:db8::25]:587", "2001:db8::25"],
])("of the server %s, %s is looked up", async (host, name) => {
  expect(await checkEmail({ ...email, host })).toMatchObject({ value: { ...email, host }, notes: [] });
  expect(lookup).toHaveBeenLastCalledWith(name, { all: true });
});

test("a server that is not in the DNS is refused", async () => {
  failWith("ENOTFOUND");
  await expect(checkEmail(email)).rejects.toThrow("smtp.example.com: there is no such name in the DNS");
});

test("a server that cannot be looked up is accepted with a note", async () => {
  failWith("EAI_AGAIN");
  expect(await checkEmail(email)).toEqual({
    value: email,
    notes: ["smtp.example.com cannot be looked up from here: the resolver of this machine does not answer."],
  });
});
