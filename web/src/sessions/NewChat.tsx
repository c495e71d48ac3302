import { useState, type ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { Composer } from '../chat/Composer';
import { outbox } from '../outbox/outbox';
import { nameOf, useAgents } from './agents';

const kept = 'troupe.agent';

/** The beginning of a conversation: whom to talk to, and the first words. */
export function NewChat(): ReactNode {
  const agents = useAgents().filter((a) => a.name !== 'medsim');
  const [chosen, choose] = useState(() => localStorage.getItem(kept) ?? 'assistant');
  const go = useNavigate();
  const agent = agents.find((a) => a.name === chosen) ?? agents[0];
  const begin = async (text: string): Promise<void> => {
    const local = `new-${crypto.randomUUID()}`;
    await outbox.put({ kind: 'message', session: local, agent: agent?.name ?? chosen, text });
    void go(`/chat/${local}`);
  };
  return (
    <main id="main" className="begin">
      <div className="begin-middle">
        <h1>{agent ? nameOf(agent.name) : 'Troupe'}</h1>
        <p className="greeting">{agent?.greeting ?? agent?.description ?? ''}</p>
        {agents.length > 1 && (
          <fieldset className="agents">
            <legend>Talk to</legend>
            {agents.map((a) => (
              <label key={a.name} className="agent">
                <input
                  type="radio"
                  name="agent"
                  value={a.name}
                  checked={a.name === agent?.name}
                  onChange={() => {
                    localStorage.setItem(kept, a.name);
                    choose(a.name);
                  }}
                />
                <span><strong>{nameOf(a.name)}</strong> <small>{a.description}</small></span>
              </label>
            ))}
          </fieldset>
        )}
        <ul className="suggestions" aria-label="Ways to begin">
          {(agent?.suggestions ?? []).map((text) => (
            <li key={text}><button type="button" onClick={() => void begin(text)}>{text}</button></li>
          ))}
        </ul>
      </div>
      <Composer draftOf="new" label={`Message to ${agent ? nameOf(agent.name) : 'the agent'}`} onSend={begin} />
    </main>
  );
}
