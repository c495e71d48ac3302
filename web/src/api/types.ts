import type { components } from './contract';

type Schemas = components['schemas'];

export type Agent = Schemas['AgentLine'];
export type Entry = Schemas['EntryView'];
export type Key = Schemas['KeyLine'];
export type KeyCreated = Schemas['KeyCreated'];
export type Me = Schemas['MeView'];
export type SessionLine = Schemas['SessionLine'];
export type SessionList = Schemas['SessionList'];
export type SessionView = Schemas['SessionView'];
export type TurnReply = Schemas['TurnReply'];
export type TurnView = Schemas['TurnView'];
export type WaitingInput = Schemas['WaitingInput'];
export type Approval = Schemas['ApprovalInfo'];

// The bodies of events: the document names no types for what stands inside a stream.
export interface TurnStarted {
  session_id: string;
  turn_id: string;
  user_seq: number;
}

export interface TurnDelta {
  offset: number;
  text: string;
}

export interface TurnSnapshot {
  text: string;
}

export interface TurnTool {
  call_id: string;
  name: string;
  arguments?: string | null;
  status?: string | null;
  result?: string | null;
  milliseconds?: number | null;
  source?: string | null;
}
