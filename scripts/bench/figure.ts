/** What repetitions of one measurement have given. */
export interface Figure {
  readonly median: number;
  /** The least and the greatest. */
  readonly spread: readonly [number, number];
}

/** @param values at least one */
export function figure(values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const last = sorted.length - 1;
  return {
    median: (at(Math.floor(last / 2)) + at(Math.ceil(last / 2))) / 2,
    spread: [at(0), at(last)],
  };
}

/** The ratio of each repetition of one to the same repetition of the other: what slows the machine slows both. */
export function ratios(ones: readonly number[], others: readonly number[]): number[] {
  return ones.map((one, index) => one / (others[index] ?? Number.NaN));
}

/** The power of `x` that `y` grows with: the slope of the line through their logarithms. */
export function exponent(points: readonly { readonly x: number; readonly y: number }[]): number {
  const logs = points.map(({ x, y }) => ({ x: Math.log(x), y: Math.log(y) }));
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, each) => sum + each, 0) / values.length;
  const [meanX, meanY] = [mean(logs.map(({ x }) => x)), mean(logs.map(({ y }) => y))];
  const covariance = mean(logs.map(({ x, y }) => (x - meanX) * (y - meanY)));
  return covariance / mean(logs.map(({ x }) => (x - meanX) ** 2));
}
