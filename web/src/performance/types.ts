import type { components } from '../api/contract';

type Schemas = components['schemas'];

export type Metrics = Schemas['MetricsView'];
export type Check = Schemas['HealthCheck'];

export interface RunningTurn {
  session_id: string;
  owner: string;
  agent: string;
  turn_id: string;
  state: string;
  since: string;
  milliseconds: number;
  waiting: number;
}

export interface BudgetLine {
  scope: string;
  owner?: string | null;
  agent?: string | null;
  tokens?: number | null;
  token_limit?: number | null;
  money?: number | null;
  money_limit?: number | null;
}

export interface Tick {
  at: string;
  metrics: Metrics;
  status: 'ok' | 'warning' | 'failing';
  checks: Check[];
  running: RunningTurn[];
  running_total: number;
  budgets: BudgetLine[];
}
