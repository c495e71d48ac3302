import { lazy, Suspense, useEffect, useState, type ReactNode } from 'react';
import { Navigate, Route, Routes, useLocation } from 'react-router';
import { ChatPage } from './chat/ChatPage';
import { account } from './login/account';
import { Login } from './login/Login';
import { NewChat } from './sessions/NewChat';
import { Sidebar } from './sessions/Sidebar';
import { Notices } from './shell/Notices';
import { useStore } from './shell/useStore';

// What most people do not open comes when it is opened.
const ImportPage = lazy(() => import('./sessions/ImportPage').then((m) => ({ default: m.ImportPage })));
const MedSim = lazy(() => import('./medsim/MedSim').then((m) => ({ default: m.MedSim })));
const PerformancePage = lazy(() => import('./performance/PerformancePage').then((m) => ({ default: m.PerformancePage })));

export function App(): ReactNode {
  const state = useStore(account);
  const place = useLocation();
  const [open, setOpen] = useState(false);
  useEffect(() => setOpen(false), [place]);
  useEffect(() => {
    if (!open) return undefined;
    const close = (event: KeyboardEvent): void => {
      if (event.key === 'Escape') setOpen(false);
    };
    document.addEventListener('keydown', close);
    return () => document.removeEventListener('keydown', close);
  }, [open]);
  if (state.state === 'asking') return <p className="center" role="status">One moment …</p>;
  if (state.state === 'out') return <Login problem={state.problem} wasIn={state.wasIn} />;
  const { me } = state;
  const isOperator = me.scopes.includes('admin');
  return (
    <div className="shell" data-open={open || undefined}>
      <a className="skip" href="#main">Skip to the conversation</a>
      <Sidebar me={me} onClose={() => setOpen(false)} />
      <button type="button" className="veil" aria-label="Close the list" tabIndex={open ? 0 : -1} onClick={() => setOpen(false)} />
      <div className="page">
        <button type="button" className="opener quiet" aria-label="Open the list of conversations" aria-expanded={open} onClick={() => setOpen(true)}>☰</button>
        {state.away && <p className="banner" role="status">The server is away. You can read what was opened here, and what you write is kept and sent when it is back.</p>}
        <Suspense fallback={<p className="center" role="status">One moment …</p>}>
          <Routes>
            <Route path="/" element={<NewChat />} />
            <Route path="/chat/:id" element={<ChatPage owner={me.owner} />} />
            <Route path="/import" element={<ImportPage />} />
            <Route path="/medsim/*" element={<MedSim me={me} />} />
            {isOperator && <Route path="/performance" element={<PerformancePage />} />}
            <Route path="*" element={<Navigate to="/" replace />} />
          </Routes>
        </Suspense>
      </div>
      <Notices />
    </div>
  );
}
