/** What a panel says, whatever it is drawn from. Pure. */

/** Units by Grafana's names: seconds, bytes (1024), a share of 1, per second, plain. */
export type Unit = 's' | 'bytes' | 'percentunit' | 'reqps' | 'ops' | 'short';

/** One query: PromQL, or a Graphite target (whose legend is in its `alias`). */
export interface Query {
  readonly text: string;
  /** With `{{label}}`; in a table: the column. */
  readonly legend?: string;
}

export interface Panel {
  /** `stat`: the latest value, large. `lines`: over time. `table`: one row for each set of labels. */
  readonly kind: 'stat' | 'lines' | 'table';
  readonly title: string;
  /** What it means, and what to do when it is bad. */
  readonly help: string;
  readonly unit: Unit;
  /** Of 24 columns. */
  readonly width: number;
  /** Where yellow and red begin. */
  readonly limits?: readonly [warning: number, critical: number];
  /** Its lines are parts of one whole. */
  readonly isStacked?: boolean;
  /** A stat's text where there is no number: what is absent, and why that is fine. */
  readonly absent?: string;
  readonly prometheus: readonly Query[];
  /** None: the panel is not in the Graphite dashboard. */
  readonly graphite?: readonly Query[];
  /** Of a table: labels that become its first columns, and the units of the others where it is not the panel's. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly units?: Readonly<Record<string, Unit>>;
}

export interface Section {
  readonly title: string;
  /** It is shown when its title is clicked, and asks nothing before. */
  readonly isFolded: boolean;
  readonly panels: readonly Panel[];
}
