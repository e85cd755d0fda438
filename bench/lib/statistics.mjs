/** Pure functions over measured values. */

/**
 * The middle of a list; of an even number of values the mean of the two in the middle.
 *
 * @param {readonly number[]} values at least one
 */
export function median(values) {
  const sorted = ascending(values);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/**
 * 95 % confidence interval of the median, from order statistics: exact for any distribution, and the same each time for
 * the same values. With fewer than 6 values no such interval exists, and the least and the most take its place.
 *
 * @param {readonly number[]} values at least one
 * @returns {[low: number, high: number]}
 */
export function medianInterval(values) {
  const sorted = ascending(values);
  const rank = lowerRank(sorted.length);
  return [sorted[rank], sorted[sorted.length - 1 - rank]];
}

/**
 * How far the interval reaches from the median, as a share of the median.
 *
 * @param {readonly number[]} values at least one, above 0
 */
export function halfWidth(values) {
  const middle = median(values);
  const [low, high] = medianInterval(values);
  return Math.max(high - middle, middle - low) / middle;
}

/**
 * The middle of a list that is symmetric but for outliers, and its 95 % confidence interval: the median of the means of all
 * pairs, and the interval of the signed-rank test, which is exact (Hodges and Lehmann 1963). With ten values it is nearly
 * as narrow as that of the mean, where that of the median is the second to the ninth. With fewer than 6 values the least and
 * the most take the interval's place.
 *
 * @param {readonly number[]} values at least one
 * @returns {{ middle: number, low: number, high: number }}
 */
export function center(values) {
  const means = ascending(values.flatMap((value, i) => values.slice(i).map((other) => (value + other) / 2)));
  const rank = signedRank(values.length);
  return { middle: median(means), low: means[rank], high: means[means.length - 1 - rank] };
}

/**
 * Least squares through the logarithms: `y = factor × x^exponent`. An exponent of 0 is a cost that stays the same, 1 one
 * that grows in proportion.
 *
 * @param {readonly number[]} xs two or more different ones, above 0
 * @param {readonly number[]} ys as many, above 0
 */
export function logLogSlope(xs, ys) {
  const logX = xs.map(Math.log);
  const logY = ys.map(Math.log);
  const meanX = mean(logX);
  const meanY = mean(logY);
  let products = 0;
  let squares = 0;
  for (let i = 0; i < logX.length; i++) {
    products += (logX[i] - meanX) * (logY[i] - meanY);
    squares += (logX[i] - meanX) ** 2;
  }
  const exponent = products / squares;
  return { exponent, factor: Math.exp(meanY - exponent * meanX) };
}

/**
 * The mean of the middle half of the values: hardly less exact than the mean of all, and not moved by outliers.
 *
 * @param {readonly number[]} values at least one
 */
export function midmean(values) {
  const quarter = Math.floor(values.length / 4);
  return mean(ascending(values).slice(quarter, values.length - quarter));
}

/** @param {readonly number[]} values at least one */
export function mean(values) {
  return sum(values) / values.length;
}

/** @param {readonly number[]} values */
export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/**
 * The value that a share of all values do not exceed.
 *
 * @param {readonly number[]} values at least one
 * @param {number} share 0 to 1
 */
export function quantile(values, share) {
  const sorted = ascending(values);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))];
}

/** The greatest rank, from 0, below which the median lies with a probability of at most 2.5 %. */
function lowerRank(count) {
  // In logarithms: 2^-count is 0 for counts over 1,074.
  let logTerm = -count * Math.LN2;
  let below = 0;
  for (let rank = 0; rank < count >> 1; rank++) {
    below += Math.exp(logTerm);
    if (below > 0.025) return Math.max(0, rank - 1);
    logTerm += Math.log((count - rank) / (rank + 1));
  }
  return 0;
}

/** How many of the means of pairs lie below the interval: the most for which a sum of ranks up to that has at most 2.5 %. */
function signedRank(count) {
  // How many of the 2^count choices of signs give each sum of ranks.
  const ways = new Float64Array((count * (count + 1)) / 2 + 1);
  ways[0] = 1;
  for (let rank = 1; rank <= count; rank++)
    for (let sum = ways.length - 1; sum >= rank; sum--) ways[sum] += ways[sum - rank];
  let below = 0;
  for (let sum = 0; sum < ways.length; sum++) {
    below += ways[sum] / 2 ** count;
    if (below > 0.025) return Math.max(0, sum - 1);
  }
  return 0;
}

/** @param {readonly number[]} values */
function ascending(values) {
  return [...values].sort((a, b) => a - b);
}
