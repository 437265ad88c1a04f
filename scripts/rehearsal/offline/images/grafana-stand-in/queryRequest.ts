/** Which query of a dashboard to run: of a panel by its place in the file, or of a variable by its name. */
export interface QueryRequest {
  readonly dashboard: string;
  readonly panel?: number;
  readonly variable?: string;
  /** The values of the dashboard's variables. */
  readonly variables: Readonly<Record<string, string>>;
  /** The time range, in milliseconds. */
  readonly from: number;
  readonly to: number;
  readonly intervalMs: number;
  readonly maxDataPoints: number;
}
