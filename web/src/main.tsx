import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { BrowserRouter } from 'react-router';
import { Problem } from './api/client';
import { App } from './App';
import { account } from './login/account';
import { applyTheme } from './shell/theme';
import { watchForUpdates } from './shell/updates';
import './style.css';

applyTheme();
const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      networkMode: 'always',
      retry: (count, failure) => failure instanceof Problem && failure.mayPass && count < 3,
    },
    mutations: { networkMode: 'always', retry: false },
  },
});
createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <BrowserRouter>
        <App />
      </BrowserRouter>
    </QueryClientProvider>
  </StrictMode>,
);
void account.begin();
watchForUpdates();
