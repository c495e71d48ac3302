import { useEffect, useRef, type ReactNode } from 'react';

/** What came of the last action, told once and brought into sight. */
export function Outcome({ of, children }: { of: unknown; children: ReactNode }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (of) place.current?.scrollIntoView({ block: 'nearest' });
  }, [of]);
  return <div ref={place} className="ms-outcome" role="status">{children}</div>;
}
