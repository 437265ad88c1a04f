import { chooseCredentials } from "../../../../scripts/stack/rotate";
import { exampleSettings } from "../../../support/exampleSettings";

const settings = exampleSettings();

test("words choose credentials, and `all` chooses each", () => {
  expect(chooseCredentials(["grafana-admin", "ingest"], settings)).toEqual(["grafanaAdmin", "ingest"]);
  expect(chooseCredentials(["all"], settings)).toHaveLength(5);
});

test.each([[[]], [["home"]], [["ingest", "toString"]]])(
  "%j is refused, with the words that exist",
  (words) => {
    expect(() => chooseCredentials(words, settings)).toThrow(
      "Which credential? `npm run rotate -- telegraf|",
    );
  },
);
