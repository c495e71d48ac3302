import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client';
import type { Agent } from '../api/types';

/** The agents one may talk to. The worker keeps the last list for when the server is away. */
export function useAgents(): Agent[] {
  const { data } = useQuery({ queryKey: ['agents'], queryFn: ({ signal }) => get<{ agents: Agent[] }>('/api/v1/agents', signal), staleTime: 60_000 });
  return data?.agents ?? [];
}

/** What people call an agent. */
export function nameOf(agent: string): string {
  return agent === 'taurobot' ? 'TauroBot' : agent === 'medsim' ? 'MedSim' : agent.charAt(0).toUpperCase() + agent.slice(1).replace(/[-_]/g, ' ');
}

/** The address of a session: an attempt at a case has a page of its own. */
export function placeOf(session: { id: string; agent: string }): string {
  return session.agent === 'medsim' ? `/medsim/attempts/${session.id}` : `/chat/${session.id}`;
}
