import { useEffect, useRef, type ReactNode } from 'react';

/** What came of the last action, told once and brought into sight. */
export function Outcome({ children }: { children: ReactNode }): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (children) place.current?.scrollIntoView({ block: 'nearest' });
  }, [children]);
  return <div ref={place} className="ms-outcome" role="status">{children}</div>;
}
