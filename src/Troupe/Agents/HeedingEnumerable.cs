using System.Runtime.CompilerServices;

namespace Troupe.Agents;

/// <summary>Makes a stream heed a token that its source may not heed.</summary>
internal static class HeedingEnumerable
{
    extension<T>(IAsyncEnumerable<T> source)
    {
        /// <summary>The same elements; a wait for the next one ends with the token, and the source is then left to end by itself.</summary>
        public async IAsyncEnumerable<T> HeedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            var elements = source.GetAsyncEnumerator(cancellationToken);
            var next = elements.MoveNextAsync();
            Task<bool>? waited = null;
            try
            {
                while (true)
                {
                    bool any;
                    if (next.IsCompleted)
                    {
                        any = await next;
                    }
                    else
                    {
                        waited = next.AsTask();
                        any = await waited.WaitAsync(cancellationToken);
                    }

                    if (!any)
                    {
                        yield break;
                    }

                    yield return elements.Current;
                    next = elements.MoveNextAsync();
                }
            }
            finally
            {
                if (waited is null or { IsCompleted: true })
                {
                    await elements.DisposeAsync();
                }
                else
                {
                    // It must not be disposed while it moves; whatever it ends with is for nobody.
                    _ = waited.ContinueWith(
                        static (moved, state) =>
                        {
                            _ = moved.Exception;
                            _ = ((IAsyncEnumerator<T>)state!).DisposeAsync();
                        },
                        elements, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
                }
            }
        }
    }
}
