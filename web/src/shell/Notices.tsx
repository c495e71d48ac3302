import type { ReactNode } from 'react';
import { notices } from './notices';
import { useStore } from './useStore';

/** What is told in passing, at the foot of the page. */
export function Notices(): ReactNode {
  const list = useStore(notices);
  return (
    <div className="notices" role="status" aria-live="polite">
      {list.map((notice) => (
        <div key={notice.id} className="notice">
          <span>{notice.text}</span>
          {notice.action && (
            <button
              type="button"
              onClick={() => {
                notices.dismiss(notice.id);
                notice.action?.run();
              }}
            >
              {notice.action.label}
            </button>
          )}
          <button type="button" className="quiet" aria-label="Dismiss" onClick={() => notices.dismiss(notice.id)}>×</button>
        </div>
      ))}
    </div>
  );
}
