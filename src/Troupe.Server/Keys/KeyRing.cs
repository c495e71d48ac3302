using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Troupe.Storage;

namespace Troupe.Server.Keys;

/// <summary>All keys, by the hash of their token. Thread-safe.</summary>
internal sealed class KeyRing(Journal journal, TimeProvider time)
{
    private const int MaxKeys = 100_000;
    private readonly ConcurrentDictionary<UInt128, Caller> _callers = new();
    private readonly ConcurrentDictionary<string, KeyRecord> _records = new(StringComparer.Ordinal);

    public IEnumerable<KeyRecord> All => _records.Values.OrderBy(k => k.CreatedAt).ThenBy(k => k.Id, StringComparer.Ordinal);

    public static string NewToken() => "tk_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Takes over the stored keys.</summary>
    public async Task LoadAsync(IStore store, CancellationToken cancellationToken)
    {
        foreach (var key in await store.ReadKeysAsync(cancellationToken))
        {
            Put(key);
        }
    }

    /// <summary>A token that the operator gave by other means: owner admin, all rights, no limits, not stored.</summary>
    public void AddOperator(string token, string name)
    {
        var hash = HashOf(token);
        var record = new KeyRecord
        {
            Id = name,
            HashHex = Convert.ToHexString(hash),
            Owner = "admin",
            Name = name,
            Scopes = ["admin"],
            CreatedAt = time.GetUtcNow(),
        };
        _callers[PlaceOf(hash)] = new Caller(record, isUnlimited: true, time);
    }

    /// <summary>Who has this token; null for nobody.</summary>
    public Caller? Find(ReadOnlySpan<char> token)
    {
        if (token.Length is 0 or > 512)
        {
            return null;
        }

        Span<byte> utf8 = stackalloc byte[512 * 3];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(token, utf8)], hash);
        return _callers.TryGetValue(PlaceOf(hash), out var caller) && caller.Matches(hash) ? caller : null;
    }

    /// <summary>Stores a new key and returns its token, which nobody can read again.</summary>
    public async Task<(KeyRecord Key, string Token)> CreateAsync(KeyRecord draft, Func<string, Receipt>? receipt, CancellationToken cancellationToken)
    {
        if (_records.Count >= MaxKeys)
        {
            throw new TroupeException(ErrorKind.Conflict, "too_many_keys", $"There are {MaxKeys} keys already. Revoked keys count too.");
        }

        var token = NewToken();
        var key = draft with { HashHex = Convert.ToHexString(HashOf(token)) };
        StoreOperation put = new StoreOperation.PutKey(key);
        await journal.WriteAsync(receipt is null ? put : new StoreOperation.Together([put, new StoreOperation.PutReceipt(receipt(key.Id))]), cancellationToken: cancellationToken);
        Put(key);
        return (key, token);
    }

    /// <summary>Makes a key useless, at once and for good.</summary>
    public async Task<KeyRecord> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        if (!_records.TryGetValue(id, out var key))
        {
            throw new TroupeException(ErrorKind.NotFound, "key_not_found", $"There is no key '{id}'.");
        }

        key = key with { RevokedAt = key.RevokedAt ?? time.GetUtcNow() };
        Put(key);
        await journal.WriteAsync(new StoreOperation.PutKey(key), cancellationToken: cancellationToken);
        return key;
    }

    /// <summary>What the keys that are limited have used today.</summary>
    public IEnumerable<KeyDay> Today() => _callers.Values.Select(c => c.Limits?.TokensToday() is { } day ? new KeyDay(c.Owner, day.Tokens, day.Limit) : null).OfType<KeyDay>();

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static UInt128 PlaceOf(ReadOnlySpan<byte> hash) => BinaryPrimitives.ReadUInt128BigEndian(hash);

    private void Put(KeyRecord key)
    {
        _records[key.Id] = key;
        var place = PlaceOf(Convert.FromHexString(key.HashHex));
        if (key.RevokedAt is null)
        {
            _callers[place] = new Caller(key, isUnlimited: false, time);
        }
        else if (_callers.TryRemove(place, out var caller))
        {
            caller.Revoke();
        }
    }
}
