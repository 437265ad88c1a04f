import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import fs from "node:fs";
import { join } from "node:path";
import { folderOf } from "../../../../components/settings/ownFiles";
import { parseSettings } from "../../../../components/settings/settings";
import type { UserError } from "../../../../components/userError";
import { configuration, exampleSettings, smallest } from "../../../support/exampleSettings";
import { ownFolder } from "../../../support/ownFolder";
import { temporaryFolder } from "../../../support/temporaryFolder";

const folder = temporaryFolder();

/** What is wrong with a folder of rules. */
function mistakesIn(path: unknown): string[] {
  const { error } = folderOf(".yaml", ".yml").safeParse(path);
  return (error?.issues ?? []).map(({ message }) => message);
}

const aFolder = "must be the path of a folder with files *.yaml or *.yml";

test("the files of a folder are read in the order of their names, others are passed over", () => {
  const path = ownFolder(folder, {
    "b.yml": "b",
    "a.yaml": "\ufeffä",
    "README.md": "",
    "x.json": "{",
    "old.yaml~": "",
    ".hidden.yaml": Buffer.from([0xff]),
  });
  mkdirSync(join(path, ".git"));
  expect(exampleSettings({ grafana: { rules: path } }).grafana).toEqual({
    rules: [
      // Without the mark of the byte order, which Grafana does not take.
      { name: "a.yaml", content: "ä" },
      { name: "b.yml", content: "b" },
    ],
  });
});

test("a relative path begins at the project, wherever a command runs", () => {
  const { dashboards } = exampleSettings({ grafana: { dashboards: "docs/grafana/dashboards" } }).grafana;
  expect(dashboards?.map(({ name }) => name)).toEqual(["uptime.json"]);
});

test("unset, there are none", () => {
  expect(exampleSettings().grafana).toEqual({});
});

describe("refused are", () => {
  test.each([
    ["a number", 7, aFolder],
    ["an empty path", "", aFolder],
    ["a folder that is missing", join(folder, "missing"), "must be a folder that can be read"],
    ["a file", __filename, "must be a folder that can be read"],
    ["an empty folder", ownFolder(folder, {}), `${aFolder}: it has none`],
    ["a folder with other files only", ownFolder(folder, { "README.md": "" }), `${aFolder}: it has none`],
  ])("%s", (_, path, message) => {
    expect(mistakesIn(path)).toEqual([message]);
  });

  test.each<readonly [string, string, string]>([
    [
      "a file that is too large",
      ownFolder(folder, { "a.yaml": Buffer.alloc(1024 * 1024 + 1, "a") }),
      'the file "a.yaml" must have at most 1 MB',
    ],
    [
      "another encoding",
      ownFolder(folder, { "a.yaml": Buffer.from("K\xfcche", "latin1") }),
      'the file "a.yaml" must be text in UTF-8',
    ],
    ...["a'b.yaml", "$(id).yaml", "ä.yaml", "a\nb.yaml", `${"a".repeat(96)}.yaml`, "-a.yaml"].map(
      (name) =>
        [
          `the name ${name}`,
          ownFolder(folder, { [name]: "" }),
          `the file ${JSON.stringify(name)} must have a name of up to 100 letters, digits, blanks, dots, hyphens and underscores that begins with a letter or a digit`,
        ] as const,
    ),
  ])("%s", (_, path, message) => {
    expect(mistakesIn(path)).toEqual([message]);
  });

  test("links, folders and files that cannot be read, each by its name and all at once", () => {
    const path = ownFolder(folder, { "secret.yaml": "", "right.yaml": "" });
    symlinkSync("/etc/passwd", join(path, "link.yaml"));
    symlinkSync("/missing", join(path, "nowhere.yaml"));
    mkdirSync(join(path, "more"));
    writeFileSync(join(path, "more/b.yaml"), "");
    // The mode of a file does not keep root from it.
    const read = fs.readFileSync;
    const spy = jest.spyOn(fs, "readFileSync").mockImplementation((...args) => {
      if (String(args[0]).endsWith("secret.yaml")) {
        throw new Error("EACCES");
      }
      return read(...args);
    });
    try {
      expect(mistakesIn(path)).toEqual([
        'the file "link.yaml" must be a file, and not a link or a device',
        'must have its files at the top; "more" is a folder',
        'the file "nowhere.yaml" must be a file, and not a link or a device',
        'the file "secret.yaml" must be one that can be read',
      ]);
    } finally {
      spy.mockRestore();
    }
  });

  test("a folder that may be listed and not entered, each file by its name", () => {
    const path = ownFolder(folder, { "a.yaml": "", "README.md": "" });
    const spy = jest.spyOn(fs, "lstatSync").mockImplementation(() => {
      throw new Error("EACCES");
    });
    try {
      expect(mistakesIn(path)).toEqual(['the file "a.yaml" must be one that can be read']);
    } finally {
      spy.mockRestore();
    }
  });

  test("with every other mistake in the settings", () => {
    const grafana = { dashboards: join(folder, "none"), rules: ownFolder(folder, {}) };
    const parse = (): unknown =>
      parseSettings("production", configuration({ ...smallest, domain: "x", grafana }));
    let error: UserError | undefined;
    try {
      parse();
    } catch (thrown) {
      error = thrown as UserError;
    }
    expect(error?.mistakes.map((line) => line.replace(/ = .*?: /, ": ").slice(0, 70))).toEqual([
      expect.stringMatching(/^pi-monitoring:domain/),
      "pi-monitoring:grafana.dashboards: must be a folder that can be read",
      expect.stringMatching(/^pi-monitoring:grafana.rules: must be the path/),
    ]);
  });
});
