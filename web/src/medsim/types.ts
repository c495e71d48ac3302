import type { components } from '../api/contract';

type Schemas = components['schemas'];

export type Mode = 'practice' | 'osce' | 'imported';
export type ActionReply = Schemas['ActionReply'];
export type AttemptLine = Schemas['AttemptLine'];
export type AttemptList = Schemas['AttemptList'];
export type AttemptView = Schemas['AttemptView'];
export type CaseImport = Schemas['CaseImport'];
export type CaseLine = Schemas['CaseLine'];
export type CaseList = Schemas['CaseList'];
export type CaseStatistics = Schemas['CaseStatistics'];
export type CaseView = Schemas['CaseView'];
export type Catalogue = Schemas['CatalogueView'];
export type ClassCreated = Schemas['ClassCreated'];
export type ClassLine = Schemas['ClassLine'];
export type ClassList = Schemas['ClassList'];
export type ClassView = Schemas['ClassView'];
export type Clock = Schemas['ClockView'];
export type Debrief = Schemas['Debrief'];
export type Happening = Schemas['EventView'];
export type Member = Schemas['MemberView'];
export type Order = Schemas['OrderView'];
export type Rubric = Schemas['RubricView'];
export type ScoreItem = Schemas['ItemView'];

/** A mistake in a case file, as a problem lists it. */
export interface CaseMistake {
  line: number;
  column: number;
  what: string;
}
