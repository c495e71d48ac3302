import { useQuery } from '@tanstack/react-query';
import { get } from '../api/client';
import type { Catalogue } from './types';

const none: Catalogue = { examinations: [], tests: [] };

/** What may be asked for; the same for every case, so that the list gives nothing away. */
export function useCatalogue(): Catalogue {
  return useQuery({ queryKey: ['medsim', 'catalogue'], queryFn: ({ signal }) => get<Catalogue>('/api/v1/medsim/catalogue', signal), staleTime: 3_600_000 }).data ?? none;
}
