const label63 = "h".repeat(63);
const host253 = `${label63}.${label63}.${label63}.${"h".repeat(61)}`;

/** URLs of contact points that the settings take. */
export const acceptedUrls = [
  "https://example.com",
  "https://example.com/hook?to=pi&level=%24high",
  "https://example.com:8443/hook",
  "http://example.com:65535/",
  "https://me:pass%40word!@example.com/hook",
  "https://token@example.com/hook",
  "https://example.com/hook#part?not-a-query",
  "https://example.com?query=1",
  "http://192.0.2.1:8080/hook",
  "http://[2001:db8::7]/hook",
  "http://[2001:db8::7]:8080/hook?a=b",
  "http://my_container:8080/hook",
  "https://Example.COM/Path",
  "https://xn--kche-0ra.example/hook",
  "https://example.com/a'b(c)*,;:@~!&=+",
  "https://example.com/?a=b'c[0]",
  `https://${host253}/`,
];

/** URLs that Go refuses; Grafana is written in Go. */
export const refusedByGo = [
  "https://example.com/100%",
  "https://example.com/%zz",
  "https://me:pass%@example.com/",
  'https://exa"mple.com\\x/',
  "https://example.com:port/",
  "https://[2001:db8::7/",
];

/** URLs that the settings refuse. */
export const refusedUrls = [
  ...refusedByGo,
  "https://example.com/$HOME",
  "https://example.com/{{ .Title }}",
  "https://example.com/a b",
  'https://example.com/"quoted"',
  "https://example.com/back\\slash",
  "https://example.com/küche",
  "https://küche.example/",
  "https://example.com:0/",
  "https://example.com:65536/",
  "https://192.0.2.256/",
  "https://[2001:db8::zz]/",
  "https://example..com/",
  "https://-example.com/",
  `https://h${label63}.example.com/`,
  `https://${host253}h/`,
  "ftp://example.com/",
  "https://",
  "example.com/hook",
];
