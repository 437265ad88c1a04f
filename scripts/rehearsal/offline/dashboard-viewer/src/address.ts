import { dateTime, rangeUtil, type RawTimeRange, type TimeRange } from "@grafana/data";
import { useCallback, useEffect, useState } from "react";

/** The parameters of the address, and how to change some of them; `null` removes one. */
export function useParameters(): [
  URLSearchParams,
  (changes: Readonly<Record<string, string | null>>) => void,
] {
  const [search, setSearch] = useState(window.location.search);
  useEffect(() => {
    const follow = (): void => {
      setSearch(window.location.search);
    };
    window.addEventListener("popstate", follow);
    return () => {
      window.removeEventListener("popstate", follow);
    };
  }, []);
  const change = useCallback((changes: Readonly<Record<string, string | null>>) => {
    const parameters = new URLSearchParams(window.location.search);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) {
        parameters.delete(name);
      } else {
        parameters.set(name, value);
      }
    }
    window.history.pushState(null, "", `?${parameters.toString()}`);
    setSearch(window.location.search);
  }, []);
  return [new URLSearchParams(search), change];
}

/** A time range such as `now-3h` to `now`, or in milliseconds. */
export function timeRangeOf(from: string, to: string): TimeRange {
  const raw = { from: timeOf(from), to: timeOf(to) };
  return { ...rangeUtil.convertRawToRange(raw), raw };
}

function timeOf(text: string): RawTimeRange["from"] {
  if (/^\d+$/.test(text)) {
    return dateTime(Number(text));
  }
  return text.startsWith("now") ? text : dateTime(text);
}

/** What stands in the address for a time range. */
export function parametersOf({ from, to }: RawTimeRange): { from: string; to: string } {
  const text = (time: RawTimeRange["from"]): string =>
    typeof time === "string" ? time : String(time.valueOf());
  return { from: text(from), to: text(to) };
}

/** The same as text, for links that keep the time range. */
export function linkParameters({ raw }: TimeRange): string {
  return new URLSearchParams(parametersOf(raw)).toString();
}
