import type { ReactNode } from 'react';
import { NavLink } from 'react-router';

/** The head of MedSim's pages, with the way between them. */
export function Head({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  return (
    <header className="ms-head">
      <h1>{title}</h1>
      <nav aria-label="MedSim">
        <NavLink to="/medsim" end>Cases</NavLink>
        <NavLink to="/medsim/progress">My progress</NavLink>
        <NavLink to="/medsim/classes">Classes</NavLink>
      </nav>
      {children}
    </header>
  );
}
