import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useState, type ReactNode } from 'react';
import { Link, useSearchParams } from 'react-router';
import { get, wordsOf } from '../api/client';
import { caseTime, points } from './caseTime';
import { difficulties, filtered, isDone, readFilters, writeFilters, type Filters } from './filters';
import { Head } from './Head';
import { StartCase } from './StartCase';
import type { AttemptList, CaseLine, CaseList } from './types';

/** The cases one may take, and the encounters that wait to be gone on with. */
export function Library(): ReactNode {
  const [asked, setAsked] = useSearchParams();
  const [starting, setStarting] = useState<CaseLine | null>(null);
  const { data, error } = useQuery({ queryKey: ['medsim', 'cases'], queryFn: ({ signal }) => get<CaseList>('/api/v1/medsim/cases', signal) });
  useEffect(() => {
    document.title = 'MedSim · Troupe';
  }, []);
  const filters = readFilters(asked);
  const cases = filtered(data?.cases ?? [], filters);
  return (
    <main id="main" className="ms-page" tabIndex={-1}>
      <Head title="MedSim" />
      <p className="ms-lead">Patients to practise on. Ask, examine, order, decide; then read how it went, line by line.</p>
      {error && <p className="banner problem" role="alert">{wordsOf(error)}</p>}
      <GoOn />
      <FilterRow filters={filters} specialties={data?.specialties ?? []} onChange={(next) => setAsked(writeFilters(next), { replace: true })} />
      <p className="ms-count" role="status">{data ? (cases.length === 1 ? 'One case' : `${cases.length} cases`) : error ? '' : 'Reading the cases …'}</p>
      <ul className="ms-cards">
        {cases.map((line) => <Card key={line.id} line={line} onStart={() => setStarting(line)} />)}
      </ul>
      {data && cases.length === 0 && data.cases.length > 0 && (
        <p>No case is like that. <button type="button" onClick={() => setAsked(new URLSearchParams(), { replace: true })}>Show all cases</button></p>
      )}
      {starting && <StartCase line={starting} onClose={() => setStarting(null)} />}
    </main>
  );
}

function GoOn(): ReactNode {
  const { data } = useQuery({ queryKey: ['medsim', 'attempts', 'running'], queryFn: ({ signal }) => get<AttemptList>('/api/v1/medsim/attempts?state=running&limit=10', signal) });
  if (!data || data.attempts.length === 0) return null;
  return (
    <section className="ms-running" aria-labelledby="ms-running">
      <h2 id="ms-running">Go on with</h2>
      <ul>
        {data.attempts.map((a) => (
          <li key={a.id}>
            <Link to={`/medsim/attempts/${a.id}`}>{a.title}</Link>{' '}
            <small>{a.mode === 'osce' ? 'OSCE' : 'Practice'}{typeof a.case_minutes === 'number' && ` · ${caseTime(a.case_minutes)} in`} · begun {new Date(a.started_at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })}</small>
          </li>
        ))}
      </ul>
    </section>
  );
}

function FilterRow({ filters, specialties, onChange }: { filters: Filters; specialties: string[]; onChange: (filters: Filters) => void }): ReactNode {
  const id = useId();
  return (
    <search className="ms-filters">
      <div className="ms-grow">
        <label htmlFor={`${id}-q`}>Search</label>
        <input id={`${id}-q`} type="search" value={filters.words} maxLength={200} onChange={(e) => onChange({ ...filters, words: e.target.value })} />
      </div>
      <div>
        <label htmlFor={`${id}-s`}>Specialty</label>
        <select id={`${id}-s`} value={filters.specialty} onChange={(e) => onChange({ ...filters, specialty: e.target.value })}>
          <option value="">All</option>
          {specialties.map((s) => <option key={s} value={s}>{capital(s)}</option>)}
        </select>
      </div>
      <div>
        <label htmlFor={`${id}-d`}>Difficulty</label>
        <select id={`${id}-d`} value={filters.difficulty} onChange={(e) => onChange({ ...filters, difficulty: e.target.value })}>
          <option value="">All</option>
          {Object.entries(difficulties).map(([value, name]) => <option key={value} value={value}>{name}</option>)}
        </select>
      </div>
      <div>
        <label htmlFor={`${id}-t`}>Taken</label>
        <select id={`${id}-t`} value={filters.done} onChange={(e) => onChange({ ...filters, done: e.target.value })}>
          <option value="">All</option>
          <option value="no">Not done yet</option>
          <option value="yes">Done</option>
        </select>
      </div>
    </search>
  );
}

function Card({ line, onStart }: { line: CaseLine; onStart: () => void }): ReactNode {
  const { patient } = line;
  return (
    <li className="ms-card">
      <h2><button type="button" onClick={onStart}>{line.title}</button></h2>
      <p>{patient.name}, {patient.age}, {patient.sex}{patient.occupation ? `, ${patient.occupation}` : ''}{patient.speaker ? `; ${patient.speaker} speaks` : ''}</p>
      <p className="ms-facts">
        <span>{capital(line.specialty)}</span>
        <span>{difficulties[line.difficulty] ?? line.difficulty}</span>
        <span>{caseTime(line.minutes)}</span>
        {line.source === 'imported' && <span>Imported</span>}
      </p>
      {isDone(line) && <p className="ms-best">Done, best {points(line.best ?? 0)} of 100</p>}
    </li>
  );
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
