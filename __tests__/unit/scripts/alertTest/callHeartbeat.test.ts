import { callOf, readAnswer } from "../../../../scripts/alertTest/callHeartbeat";

const kuma = { url: "https://me:passw0rd@kuma.example.com/api/push/gR4Zq0e1Xy?status=up&msg=OK&ping=" };
const other = { url: "https://hc-ping.com/5b0c4a2e-heartbeat" };

test.each([
  [kuma, '{"ok":true}\n200', { isAccepted: true, text: '200 {"ok":true}' }],
  [other, "OK\n200", { isAccepted: true, text: "200 OK" }],
  [other, "\n204", { isAccepted: true, text: "204" }],
  [
    kuma,
    '\n{"ok":false,"msg":"Monitor not found or not active."}\nmore\n404',
    { isAccepted: false, text: '404 {"ok":false,"msg":"Monitor not found or not active."}' },
  ],
  [
    other,
    "<pre>Cannot POST /5b0c4a2e-heartbeat</pre>\n404",
    {
      isAccepted: false,
      text: "404 Cannot POST /… (if the monitor accepts only GET, set contactPoints.heartbeat.method: GET)",
    },
  ],
  [kuma, "<html>\n<h1>502 Bad Gateway</h1>\n502", { isAccepted: false, text: "502 502 Bad Gateway" }],
])("%j answers %j", (heartbeat, output, answer) => {
  expect(readAnswer(output, heartbeat)).toEqual(answer);
});

test.each(["gR4Zq0e1Xy", "me:passw0rd", "passw0rd", kuma.url, "/api/push/gR4Zq0e1Xy?status=up&msg=OK&ping="])(
  "an answer that repeats %s does not show it",
  (secret) => {
    const { text } = readAnswer(`no: ${secret}\n400`, kuma);
    expect(text).toContain("…");
    expect(text).not.toMatch(/gR4Zq0e1Xy|passw0rd/);
  },
);

test("a long answer is cut", () => {
  expect(readAnswer(`${"x".repeat(500)}\n500`, other).text).toHaveLength(84);
});

test("curl calls the address that Grafana calls", () => {
  expect(callOf(kuma)).toMatchObject({ url: "http://heartbeat-relay:8082/", request: "POST" });
  expect(callOf(other)).toMatchObject({ url: other.url });
});
