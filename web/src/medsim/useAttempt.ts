import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';
import { get } from '../api/client';
import type { Conversation } from '../chat/conversation';
import type { ActionReply, AttemptView } from './types';
import { Wishes } from './wishes';

export type Act = (verb: string, body: object) => Promise<ActionReply>;

/** An attempt as the server knows it, and what one may do in it. After each action the attempt and its log are read anew. */
export function useAttempt(id: string, conversation: Conversation): { attempt: AttemptView | undefined; error: unknown; reread: () => Promise<void>; act: Act } {
  const queries = useQueryClient();
  const { data, error } = useQuery({ queryKey: ['medsim', 'attempt', id], queryFn: ({ signal }) => get<AttemptView>(`/api/v1/medsim/attempts/${id}`, signal), staleTime: 0 });
  const wishes = useMemo(() => new Wishes(), []);
  const reread = useCallback(() => queries.invalidateQueries({ queryKey: ['medsim', 'attempt', id] }), [queries, id]);
  const act = useCallback<Act>(async (verb, body) => {
    try {
      const reply = await wishes.send<ActionReply>(`/api/v1/medsim/attempts/${id}/${verb}`, body);
      await reread().catch(() => undefined);
      return reply;
    } catch (failure) {
      // Also what was refused may say that something has changed: the time may be up, another tab may have finished.
      void reread().catch(() => undefined);
      throw failure;
    } finally {
      void conversation.refresh();
    }
  }, [wishes, id, reread, conversation]);
  return { attempt: data, error, reread, act };
}
