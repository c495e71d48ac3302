import { lazy, Suspense, type ReactNode } from 'react';
import { Navigate, Route, Routes } from 'react-router';
import type { Me } from '../api/types';
import { ClassDebrief, DebriefPage } from './DebriefPage';
import { ClassesPage } from './ClassesPage';
import { ClassPage } from './ClassPage';
import { Encounter } from './Encounter';
import { Library } from './Library';
import './medsim.css';

// The plot comes when somebody looks at it.
const ProgressPage = lazy(() => import('./ProgressPage').then((m) => ({ default: m.ProgressPage })));

/** The simulated patients: cases, encounters, what came of them, and classes. */
export function MedSim({ me }: { me: Me }): ReactNode {
  const teaches = me.scopes.includes('teach') || me.scopes.includes('admin');
  return (
    <Suspense fallback={<p className="center" role="status">One moment …</p>}>
      <Routes>
        <Route index element={<Library />} />
        <Route path="attempts/:id" element={<Encounter owner={me.owner} />} />
        <Route path="attempts/:id/debrief" element={<DebriefPage />} />
        <Route path="progress" element={<ProgressPage />} />
        <Route path="classes" element={<ClassesPage teaches={teaches} />} />
        <Route path="classes/:id" element={<ClassPage />} />
        <Route path="classes/:id/attempts/:attempt" element={<ClassDebrief />} />
        <Route path="*" element={<Navigate to="/medsim" replace />} />
      </Routes>
    </Suspense>
  );
}
