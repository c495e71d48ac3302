import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState, type ReactNode } from 'react';
import { get, Problem, send, wordsOf } from '../api/client';
import { Confirm } from '../shell/Dialog';
import { notices } from '../shell/notices';
import type { CaseImport, CaseLine, CaseList, CaseMistake } from './types';

interface Taken {
  name: string;
  report: CaseImport | null;
  problem: string | null;
  mistakes: CaseMistake[];
}

const types: Record<string, string> = { yaml: 'application/yaml', yml: 'application/yaml', json: 'application/json', jsonl: 'application/x-ndjson', ndjson: 'application/x-ndjson' };
const statuses: Record<string, string> = { new: 'new', changed: 'changed', known: 'known already' };

/** Brings cases from files, and says for each what could not be taken over. */
export function ImportCases(): ReactNode {
  const id = useId();
  const queries = useQueryClient();
  const [busy, setBusy] = useState<string | null>(null);
  const [taken, setTaken] = useState<Taken[]>([]);
  const take = async (files: File[]): Promise<void> => {
    for (const file of files) {
      setBusy(file.name);
      const result = await bring(file);
      setTaken((all) => [result, ...all]);
    }

    setBusy(null);
    await queries.invalidateQueries({ queryKey: ['medsim', 'cases'] });
  };
  return (
    <section aria-labelledby="ms-import">
      <h2 id="ms-import">Import cases</h2>
      <p>Takes case files of MedSim (YAML) and OSCE cases (JSON lines). A file with a mistake is taken whole or not at all.</p>
      <div
        className="drop"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void take([...event.dataTransfer.files]);
        }}
      >
        <label htmlFor={id}>Choose files, or drop them here</label>
        <input id={id} type="file" multiple accept=".yaml,.yml,.json,.jsonl,.ndjson,.txt" disabled={busy !== null} onChange={(event) => void take([...(event.target.files ?? [])])} />
      </div>
      <p role="status">{busy ? `Reading ${busy} …` : ''}</p>
      <ul className="reports" aria-live="polite">{taken.map((t, i) => <Report key={taken.length - i} taken={t} />)}</ul>
      <Imported />
    </section>
  );
}

/** What was imported, to be taken out again. */
function Imported(): ReactNode {
  const [removing, setRemoving] = useState<CaseLine | null>(null);
  const queries = useQueryClient();
  const { data } = useQuery({ queryKey: ['medsim', 'cases'], queryFn: ({ signal }) => get<CaseList>('/api/v1/medsim/cases', signal) });
  const lines = data?.cases.filter((c) => c.source === 'imported') ?? [];
  const remove = (line: CaseLine): void =>
    void send(`/api/v1/medsim/cases/${encodeURIComponent(line.id)}`, { method: 'DELETE' }).then(
      () => queries.invalidateQueries({ queryKey: ['medsim', 'cases'] }),
      (failure: unknown) => notices.tell(wordsOf(failure)),
    );
  if (lines.length === 0) return null;
  return (
    <details>
      <summary>Imported cases <span className="number">{lines.length}</span></summary>
      <ul className="ms-rows">
        {lines.map((line) => (
          <li key={line.id}>
            <span>{line.title}</span>
            <button type="button" onClick={() => setRemoving(line)}>Take out<span className="visually-hidden"> {line.title}</span></button>
          </li>
        ))}
      </ul>
      {removing && <Confirm title="Take this case out?" text={`‘${removing.title}’ leaves the list. Attempts at it stay as they are.`} yes="Take it out" onClose={() => setRemoving(null)} onYes={() => remove(removing)} />}
    </details>
  );
}

function Report({ taken }: { taken: Taken }): ReactNode {
  const { name, report, problem, mistakes } = taken;
  return (
    <li>
      <h3>{name}</h3>
      {problem && <p className="problem">{problem}</p>}
      {mistakes.length > 0 && <ul>{mistakes.map((m, i) => <li key={i}>Line {m.line}, column {m.column}: {m.what}</li>)}</ul>}
      {report && (
        <>
          <p>{report.cases.length} {report.cases.length === 1 ? 'case' : 'cases'}: {report.new} new, {report.changed} changed, {report.known} known already.</p>
          <details>
            <summary>Case by case</summary>
            <ul>
              {report.cases.map((c) => (
                <li key={c.id}>
                  {c.title} <small>{statuses[c.status] ?? c.status}</small>
                  {c.unmapped.length > 0 && <p className="hint">Not taken over: {c.unmapped.join('; ')}</p>}
                  {c.thin.length > 0 && <p className="hint">Thin: {c.thin.join('; ')}</p>}
                </li>
              ))}
            </ul>
          </details>
        </>
      )}
    </li>
  );
}

async function bring(file: File): Promise<Taken> {
  const type = types[file.name.split('.').at(-1)?.toLowerCase() ?? ''] ?? 'text/plain';
  try {
    const report = await send<CaseImport>('/api/v1/medsim/cases/import', { raw: new Blob([file], { type }), key: crypto.randomUUID() });
    return { name: file.name, report, problem: null, mistakes: [] };
  } catch (failure) {
    const mistakes = failure instanceof Problem && Array.isArray(failure.body.mistakes) ? (failure.body.mistakes as CaseMistake[]) : [];
    return { name: file.name, report: null, problem: wordsOf(failure), mistakes };
  }
}
