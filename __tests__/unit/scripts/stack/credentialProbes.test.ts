import { ServerError } from "../../../../scripts/remote/server";
import { probeCredentials } from "../../../../scripts/stack/credentialProbes";
import { exampleSettings } from "../../../support/exampleSettings";
import { loadedStack } from "../../../support/loadedStack";

afterEach(() => {
  jest.restoreAllMocks();
});

/** Probes an ingest credential for each answer of the server; gives the results and the requests. */
async function probe(answers: readonly (number | ServerError)[], settings = exampleSettings()) {
  const loaded = loadedStack({ settings });
  const asked = jest.spyOn(loaded.server, "curlStatuses").mockResolvedValue([...answers]);
  const values = [{ credential: "ingest", value: "CREDENTIAL" } as const];
  const results = await probeCredentials(
    answers.length === 0 ? values : answers.flatMap(() => values),
    loaded,
  );
  const [container, requests = []] = asked.mock.lastCall ?? [];
  return { results, container, requests };
}

test("a value is accepted unless the answer is 401", async () => {
  // 400: the request is not a sample, and the check of the credential comes first.
  expect((await probe([200, 204, 400, 401])).results).toEqual([true, true, true, false]);
});

test.each([0, 302, 403, 404, 500, 502])(
  "status %i does not say whether a value is accepted",
  async (status) => {
    expect((await probe([status])).results).toEqual([
      new Error(`The check of the credential ingest was answered with status ${status}.`),
    ]);
  },
);

test("without an answer the reason is given", async () => {
  const failure = new ServerError("docker exec fails", "No such container");
  expect((await probe([failure])).results).toEqual([failure]);
  expect((await probe([])).results).toEqual([new Error("no answer")]);
});

test("the ingest credential is tried by a write that is not a sample, from Grafana's container", async () => {
  const { container, requests } = await probe([400]);
  expect(container).toBe("grafana");
  expect(requests).toEqual([
    {
      url: "https://telegraf.example.com/telegraf",
      "connect-to": "::https-portal:443",
      insecure: true,
      header: "Authorization: Bearer CREDENTIAL",
      data: "not a sample",
      "max-time": 20,
    },
  ]);
});
