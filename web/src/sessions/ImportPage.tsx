import { useQueryClient } from '@tanstack/react-query';
import { useId, useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { send, wordsOf } from '../api/client';
import type { components } from '../api/contract';
import { nameOf, useAgents } from './agents';

type Report = components['schemas']['ImportReport'];

/** Takes conversations over from files. Taking the same file twice takes nothing twice. */
export function ImportPage(): ReactNode {
  const agents = useAgents();
  const queries = useQueryClient();
  const [agent, setAgent] = useState('');
  const [busy, setBusy] = useState<string | null>(null);
  const [reports, setReports] = useState<{ name: string; report: Report | null; problem: string | null }[]>([]);
  const fileId = useId();
  const agentId = useId();
  const take = async (files: File[]): Promise<void> => {
    for (const file of files) {
      setBusy(file.name);
      try {
        const asked = new URLSearchParams({ name: file.name.slice(0, 200) });
        if (agent) asked.set('agent', agent);
        const report = await send<Report>(`/api/v1/import?${asked}`, { raw: new Blob([file], { type: 'application/octet-stream' }) });
        setReports((all) => [{ name: file.name, report, problem: null }, ...all]);
      } catch (failure) {
        setReports((all) => [{ name: file.name, report: null, problem: wordsOf(failure) }, ...all]);
      }
    }

    setBusy(null);
    await queries.invalidateQueries({ queryKey: ['sessions'] });
  };
  return (
    <main id="main" className="text-page">
      <h1>Import</h1>
      <p>Takes exports of Troupe, of ChatGPT (<code>conversations.json</code>), lists of OpenAI-style messages, and memory files of TauroBot. What was taken once is not taken again.</p>
      <p>
        <label htmlFor={agentId}>Go on with</label>{' '}
        <select id={agentId} value={agent} onChange={(event) => setAgent(event.target.value)}>
          <option value="">the agent that fits the file</option>
          {agents.map((a) => <option key={a.name} value={a.name}>{nameOf(a.name)}</option>)}
        </select>
      </p>
      <div
        className="drop"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          void take([...event.dataTransfer.files]);
        }}
      >
        <label htmlFor={fileId}>Choose files, or drop them here</label>
        <input id={fileId} type="file" multiple accept=".json,.jsonl,.ndjson,.txt" disabled={busy !== null} onChange={(event) => {
          const files = [...(event.target.files ?? [])];
          // The same file may be chosen again.
          event.target.value = '';
          void take(files);
        }} />
      </div>
      {busy && <p role="status">Reading {busy} …</p>}
      <ul className="reports" aria-live="polite">
        {reports.map(({ name, report, problem }, i) => (
          <li key={reports.length - i}>
            <h2>{name}</h2>
            {problem && <p className="problem">{problem}</p>}
            {report && (
              <>
                <p>{report.imported} imported, {report.known} known already{report.refused.length ? `, ${report.refused.length + report.refused_more} refused` : ''} ({report.format}).</p>
                {report.interrupted && <p className="problem">It stopped on the way: {report.interrupted.message} Take the file again for the rest.</p>}
                {report.refused.length > 0 && <ul>{report.refused.map((r) => <li key={r.place}>{r.place}: {r.reason}</li>)}</ul>}
                <ul>{report.sessions.map((s) => <li key={s.id}><Link to={`/chat/${s.id}`}>{s.title ?? 'Untitled'}</Link> <small>{s.entries} entries</small></li>)}</ul>
              </>
            )}
          </li>
        ))}
      </ul>
    </main>
  );
}
