export type Mode = 'practice' | 'osce';
export type AttemptStatus = 'running' | 'time_up' | 'finished';

export interface PatientView {
  name: string;
  age: string;
  sex: string;
  occupation?: string | null;
  speaker?: string | null;
}

export interface CaseLine {
  id: string;
  title: string;
  specialty: string;
  difficulty: number;
  setting: string;
  minutes: number;
  budget: number;
  patient: PatientView;
  source: string;
  attempts: number;
  best?: number | null;
}

export interface CaseView extends CaseLine {
  task: string;
  opening: string;
}

export interface CaseList {
  cases: CaseLine[];
  specialties: string[];
}

export interface CaseImport {
  format: string;
  cases: { id: string; title: string; status: string; unmapped: string[]; thin: string[] }[];
  new: number;
  changed: number;
  known: number;
}

export interface CaseMistake {
  line: number;
  column: number;
  what: string;
}

export interface Catalogue {
  examinations: { name: string; region: string }[];
  tests: { name: string; kind: string }[];
}

export interface Clock {
  case_minutes: number;
  budget_minutes: number;
  cost: number;
  budget: number;
  real_seconds?: number | null;
  real_limit_seconds?: number | null;
}

export interface Happening {
  seq: number;
  kind: string;
  at: string;
  minute: number;
  text: string;
  name?: string | null;
  status?: string | null;
  region?: string | null;
  source?: string | null;
  reason?: string | null;
  turn_id?: string | null;
  differentials?: string[] | null;
  ticks?: string[] | null;
}

export interface Order {
  seq: number;
  name: string;
  kind: string;
  status: string;
  cost: number;
  ordered_minute: number;
  ready_minute: number;
  result?: string | null;
  trace?: string | null;
}

export type Rubric = Record<'history' | 'examination' | 'investigations' | 'diagnosis' | 'plan' | 'communication' | 'efficiency', number>;

export interface AttemptLine {
  id: string;
  case: string;
  title: string;
  specialty: string;
  difficulty: number;
  mode: string;
  state: string;
  class_id?: string | null;
  student?: string | null;
  started_at: string;
  finished_at?: string | null;
  score?: number | null;
  case_minutes?: number | null;
  cost?: number | null;
}

export interface AttemptList {
  attempts: AttemptLine[];
  next?: string | null;
}

export interface AttemptView {
  id: string;
  mode: string;
  state: string;
  class_id?: string | null;
  started_at: string;
  finished_at?: string | null;
  case: CaseView;
  clock: Clock;
  rubric?: Rubric | null;
  hints_left: number;
  hint_price: number;
  events: Happening[];
  orders: Order[];
  diagnosis?: { diagnosis: string; differentials: string[] } | null;
  plan?: string | null;
  score?: number | null;
}

export interface ActionReply {
  status: string;
  clock: Clock;
  state: string;
  seq?: number | null;
  name?: string | null;
  text?: string | null;
  choices?: string[] | null;
  cost?: number | null;
  ready_minute?: number | null;
  trace?: string | null;
  score?: number | null;
}

export interface ScoreItem {
  id: string;
  area: string;
  text: string;
  weight: number;
  critical: boolean;
  kind?: string | null;
  done: boolean;
  seq?: number | null;
  turn_id?: string | null;
  minute?: number | null;
  points: number;
  of: number;
  why?: string | null;
}

export interface Debrief {
  attempt: AttemptLine;
  total: number;
  areas: { area: string; weight: number; points: number; share: number }[];
  items: ScoreItem[];
  omissions: string[];
  harmful: string[];
  diagnosis: { given?: string | null; name: string; credit: string; differentials: { name: string; why: string; named: boolean }[] };
  efficiency: { minutes: number; budget_minutes: number; cost: number; budget: number; wasteful: string[]; hints: number; hint_points: number };
  transcript: Happening[];
  expert: string;
  teaching: string[];
  references: string[];
}

export interface ClassLine {
  id: string;
  name: string;
  teacher: string;
  open: boolean;
  created_at: string;
  members?: number | null;
}

export interface ClassList {
  teaching: ClassLine[];
  joined: ClassLine[];
}

export interface ClassCreated {
  id: string;
  name: string;
  invite: string;
}

export interface Member {
  id: string;
  name: string;
  joined_at: string;
  attempts: number;
  finished: number;
  best?: number | null;
}

export interface CaseStatistics {
  case: string;
  title: string;
  attempts: number;
  mean: number;
  items: { id: string; area: string; text: string; n: number; difficulty: number; discrimination?: number | null }[];
}

export interface ClassView {
  id: string;
  name: string;
  teacher: string;
  open: boolean;
  members?: Member[] | null;
  attempts: AttemptLine[];
  statistics?: CaseStatistics[] | null;
}
