import { type DataFrame, LoadingState, rangeUtil, type TimeRange, type TimeZone } from "@grafana/data";
import { ErrorBoundaryAlert, PanelChrome } from "@grafana/ui";
import { useEffect, useRef, useState } from "react";
import { messageOf, runQuery } from "./backend";
import type { Panel } from "./dashboard";
import { PanelContent } from "./PanelContent";

interface Props {
  readonly panel: Panel;
  /** Its place in the dashboard's file. */
  readonly index: number;
  /** The dashboard's UID. */
  readonly dashboard: string;
  readonly timeZone: TimeZone;
  readonly range: TimeRange;
  readonly variables: Readonly<Record<string, string>>;
  readonly onZoom: (range: { from: number; to: number }) => void;
}

/** A panel with its frame, which asks for its data once it is seen. */
export function PanelFrame(props: Props): JSX.Element {
  const { panel } = props;
  const { x, y, w, h } = panel.gridPos;
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [isSeen, setSeen] = useState(false);
  useEffect(() => {
    const resized = new ResizeObserver(([entry]) => {
      setWidth(Math.floor(entry?.contentRect.width ?? 0));
    });
    const seen = new IntersectionObserver(([entry]) => {
      setSeen(entry?.isIntersecting === true);
    });
    if (element.current !== null) {
      resized.observe(element.current);
      seen.observe(element.current);
    }
    return () => {
      resized.disconnect();
      seen.disconnect();
    };
  }, []);
  const { frames, mistake, isLoading, range } = usePanelData(props, width, isSeen);

  return (
    <div ref={element} style={{ gridColumn: `${x + 1} / span ${w}`, gridRow: `${y + 1} / span ${h}` }}>
      <PanelChrome
        title={panel.title}
        description={panel.description ?? ""}
        width={width}
        height={h * 38 - 8}
        padding={panel.type === "table" ? "none" : "md"}
        loadingState={isLoading ? LoadingState.Loading : LoadingState.Done}
        statusMessage={mistake}
      >
        {(innerWidth, innerHeight) => (
          <ErrorBoundaryAlert>
            <PanelContent
              {...props}
              range={range}
              frames={frames}
              mistake={mistake}
              width={innerWidth}
              height={innerHeight}
            />
          </ErrorBoundaryAlert>
        )}
      </PanelChrome>
    </div>
  );
}

interface PanelData {
  /** Nothing before the first answer. */
  readonly frames?: DataFrame[];
  /** What they are of; the new range shows with the new data. */
  readonly range: TimeRange;
  readonly mistake?: string;
  readonly isLoading: boolean;
}

function usePanelData(
  { panel, index, dashboard, range, variables }: Props,
  width: number,
  isSeen: boolean,
): PanelData {
  const [data, setData] = useState<PanelData>({ range, isLoading: true });
  const chosen = JSON.stringify(variables);
  const isReady = isSeen && width > 0;
  const asked = useRef<string>();
  useEffect(() => {
    const question = `${range.from.valueOf()} ${range.to.valueOf()} ${chosen}`;
    if (!isReady || asked.current === question) {
      return undefined;
    }
    asked.current = question;
    const maxDataPoints = panel.maxDataPoints ?? width;
    const { intervalMs } = rangeUtil.calculateInterval(range, maxDataPoints, panel.interval);
    setData((before) => ({ ...before, isLoading: true }));
    const answer = runQuery({
      dashboard,
      panel: index,
      variables,
      from: range.from.valueOf(),
      to: range.to.valueOf(),
      intervalMs,
      maxDataPoints,
    }).then(
      (frames): PanelData => ({ frames, range, isLoading: false }),
      (error: unknown): PanelData => ({ frames: [], range, mistake: messageOf(error), isLoading: false }),
    );
    void answer.then((found) => {
      // A newer question may have been asked meanwhile.
      if (asked.current === question) {
        setData(found);
      }
    });
    return undefined;
  }, [range, chosen, isReady]);
  return data;
}
