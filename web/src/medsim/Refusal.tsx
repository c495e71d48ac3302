import type { ReactNode } from 'react';
import type { Problem } from '../api/client';

/** Why something was not done, beside where it was asked for. */
export function Refusal({ problem, id }: { problem: Problem | null; id?: string }): ReactNode {
  if (!problem) return null;
  return (
    <p className="problem" role="alert" id={id}>
      {problem.isAway ? 'The server cannot be reached. Nothing was changed, and what you wrote is still here: try again in a moment.' : problem.message}
    </p>
  );
}
