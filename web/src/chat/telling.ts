import type { ReactNode } from 'react';
import type { Entry } from '../api/types';
import type { Block } from './log';

/** How a conversation is told that is more than a chat: it has one line only, without branches or second answers, and each of its lines may say more. */
export interface Telling {
  /** Who answers. */
  speaker: string;
  /** What stands above the first line. */
  lead?: ReactNode;
  /** What stands under a reply. */
  under?: (block: Block) => ReactNode;
  /** A note as it is shown; null for one that is not. */
  note?: (entry: Entry) => ReactNode;
}
