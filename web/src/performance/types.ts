import type { components } from '../api/contract';

type Schemas = components['schemas'];

export type Metrics = Schemas['MetricsView'];
export type Check = Schemas['HealthCheck'];
export type RunningTurn = Schemas['RunningTurn'];
export type BudgetLine = Schemas['BudgetLine'];
export type Tick = Schemas['PerformanceTick'];
