import type { ReactNode } from 'react';
import { Copy } from '../chat/Code';
import { Dialog } from '../shell/Dialog';
import type { ClassCreated } from './types';

/** The key of a class, the only time that it can be seen. */
export function Invite({ made, onClose }: { made: ClassCreated; onClose: () => void }): ReactNode {
  return (
    <Dialog title={`The key of ‘${made.name}’`} onClose={onClose}>
      <p>It is shown this once. Whoever has it can join the class; another key can be made at any time, and the former stops working then.</p>
      <p className="secret"><code>{made.invite}</code></p>
      <div className="row end">
        <Copy text={made.invite} what="key" />
        <button type="button" className="primary" onClick={onClose}>I have kept it</button>
      </div>
    </Dialog>
  );
}
