using System.Collections.Concurrent;
using Troupe.Storage;

namespace Troupe.Sessions;

/// <summary>Owner-wide idempotency: what a key made once is not made again, also when the same request comes many times at once and after a
/// restart. Thread-safe.</summary>
public sealed class ReceiptBook(IStore store, TimeProvider time)
{
    // At least as many as writes may wait in the journal, so that a receipt that is not on disk yet is still known here.
    private const int MaxRecent = 8192;

    private readonly ConcurrentDictionary<(string Owner, UInt128 Key), Lazy<Task<(Receipt Receipt, bool IsMade)>>> _recent = new();
    private readonly ConcurrentQueue<(string Owner, UInt128 Key)> _order = new();

    /// <summary>Makes a thing once for a key.</summary>
    /// <param name="owner">Whose key it is.</param>
    /// <param name="route">What is done; the same key may be used for different things.</param>
    /// <param name="key">The client's key.</param>
    /// <param name="bodyHash">The hash of what the request means.</param>
    /// <param name="make">Makes the thing and writes the receipt, which is given the made thing's id, in the same transaction.</param>
    /// <returns>What was made, and whether it was made by this call.</returns>
    /// <exception cref="TroupeException">The key came with another body before (code idempotency_key_reused).</exception>
    public async Task<(string Made, bool IsNew)> OnceAsync(
        string owner, string route, string key, UInt128 bodyHash, Func<Func<string, Receipt>, Task<string>> make)
    {
        var place = (owner, Hashing.Of(route, key));
        var mine = false;
        var flight = _recent.GetOrAdd(place, _ => new Lazy<Task<(Receipt Receipt, bool IsMade)>>(async () =>
        {
            if (await store.FindReceiptAsync(owner, place.Item2, CancellationToken.None) is { } earlier)
            {
                return (earlier, IsMade: false);
            }

            mine = true;
            return (Write(await make(Write)), IsMade: true);
        }));

        try
        {
            var (receipt, isMade) = await flight.Value;
            if (!isMade)
            {
                // It is in the store, and found there again.
                _recent.TryRemove(new(place, flight));
            }
            else if (mine)
            {
                Keep(place);
            }

            return receipt.BodyHash == bodyHash ? (receipt.Made, mine) : throw TroupeException.KeyReused();
        }
        catch (Exception failure) when (failure is not TroupeException { Kind: ErrorKind.KeyReused })
        {
            // What failed made nothing; the next request with the key tries again.
            _recent.TryRemove(new(place, flight));
            throw;
        }

        Receipt Write(string made) => new() { Owner = owner, Key = place.Item2, BodyHash = bodyHash, Made = made, At = time.Now() };
    }

    /// <summary>Forgets a key whose thing is gone.</summary>
    public void Forget(string owner, string route, string key) => _recent.TryRemove((owner, Hashing.Of(route, key)), out _);

    private void Keep((string Owner, UInt128 Key) place)
    {
        _order.Enqueue(place);
        while (_order.Count > MaxRecent && _order.TryDequeue(out var oldest))
        {
            _recent.TryRemove(oldest, out _);
        }
    }
}
