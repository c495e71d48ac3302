using System.Buffers.Binary;
using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Troupe.Storage;

namespace Troupe.Server.Keys;

/// <summary>All keys, and the logins of browsers made with them, by the hash of their token. Thread-safe.</summary>
internal sealed class KeyRing(Journal journal, TimeProvider time)
{
    /// <summary>How long a login holds.</summary>
    public static readonly TimeSpan LoginLifetime = TimeSpan.FromDays(30);

    private const int MaxKeys = 100_000;
    private const int MaxLogins = 50;
    private readonly ConcurrentDictionary<UInt128, Caller> _callers = new();
    private readonly ConcurrentDictionary<string, KeyRecord> _records = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Caller> _operators = new(StringComparer.Ordinal);

    public IEnumerable<KeyRecord> All => _records.Values.OrderBy(k => k.CreatedAt).ThenBy(k => k.Id, StringComparer.Ordinal);

    public static string NewToken() => "tk_" + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Takes over the stored keys, and of the logins those that still hold.</summary>
    public async Task LoadAsync(IStore store, CancellationToken cancellationToken)
    {
        var stored = await store.ReadKeysAsync(cancellationToken);
        foreach (var key in stored.Where(k => !k.IsLogin))
        {
            Put(key);
        }

        foreach (var login in stored.Where(k => k.IsLogin))
        {
            if (login.ExpiresAt > time.GetUtcNow() && TryParent(login, out var limits))
            {
                Put(login, limits);
            }
            else
            {
                await journal.WriteAsync(new StoreOperation.DropKey(login.Id), cancellationToken: cancellationToken);
            }
        }
    }

    /// <summary>A token that the operator gave by other means: owner admin, all rights, no limits, not stored. Before the keys are loaded.</summary>
    /// <param name="token">The token.</param>
    /// <param name="name">What it is called.</param>
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
        _callers[PlaceOf(hash)] = _operators[Parent(record)] = new Caller(record, limits: null);
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
        return _callers.TryGetValue(PlaceOf(hash), out var caller) && caller.Matches(hash) && (caller.Record.ExpiresAt is not { } end || end > time.GetUtcNow()) ? caller : null;
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

    /// <summary>Logs a browser in for whom the caller stands: a token of its own, which ends with the caller's key. The oldest login of a key makes room
    /// for its fifty-first.</summary>
    /// <param name="caller">Whose key it was; null for the operator's link.</param>
    /// <param name="cancellationToken">The browser has gone.</param>
    public async Task<(Caller Login, string Token)> LogInAsync(Caller? caller, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var token = NewToken();
        var login = new KeyRecord
        {
            Id = Guid.CreateVersion7(now).ToString("N"),
            HashHex = Convert.ToHexString(HashOf(token)),
            Owner = caller?.Owner ?? "admin",
            Name = "browser",
            Scopes = caller?.Record.Scopes ?? ["admin"],
            IsLogin = true,
            Parent = caller is null ? null : caller.Record.IsLogin ? caller.Record.Parent : Parent(caller.Record),
            CreatedAt = now,
            ExpiresAt = now + LoginLifetime,
        };
        var others = All.Where(k => k.IsLogin && k.Parent == login.Parent).ToList();
        foreach (var old in others.Where((k, i) => k.ExpiresAt <= now || i <= others.Count - MaxLogins))
        {
            await LogOutAsync(old);
        }

        await journal.WriteAsync(new StoreOperation.PutKey(login), cancellationToken: cancellationToken);
        Put(login, caller?.Limits);
        return (_callers[PlaceOf(HashOf(token))], token);
    }

    /// <summary>Ends a login, at once and for good.</summary>
    public async Task LogOutAsync(KeyRecord login)
    {
        Remove(login);
        await journal.WriteAsync(new StoreOperation.DropKey(login.Id));
    }

    /// <summary>Makes a key useless, at once and for good, with the logins that were made with it.</summary>
    public async Task<KeyRecord> RevokeAsync(string id, CancellationToken cancellationToken)
    {
        if (!_records.TryGetValue(id, out var key))
        {
            throw new TroupeException(ErrorKind.NotFound, "key_not_found", $"There is no key '{id}'.");
        }

        key = key with { RevokedAt = key.RevokedAt ?? time.GetUtcNow() };
        if (key.IsLogin)
        {
            await LogOutAsync(key);
            return key;
        }

        Put(key);
        await journal.WriteAsync(new StoreOperation.PutKey(key), cancellationToken: cancellationToken);
        foreach (var login in _records.Values.Where(k => k.IsLogin && k.Parent == Parent(key)))
        {
            await LogOutAsync(login);
        }

        return key;
    }

    /// <summary>What the keys that are limited have used today.</summary>
    public IEnumerable<KeyDay> Today() => _callers.Values.Select(c => c.Limits?.TokensToday() is { } day ? new KeyDay(c.Owner, day.Tokens, day.Limit) : null).OfType<KeyDay>();

    private static byte[] HashOf(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static UInt128 PlaceOf(ReadOnlySpan<byte> hash) => BinaryPrimitives.ReadUInt128BigEndian(hash);

    /// <summary>What a login remembers of its key: an operator's token under the same name may be another one after a restart.</summary>
    private static string Parent(KeyRecord key) => $"{key.Id} {key.HashHex[..16]}";

    private bool TryParent(KeyRecord login, out KeyLimits? limits)
    {
        limits = null;
        if (login.Parent is not { } parent || _operators.ContainsKey(parent))
        {
            return true;
        }

        if (!_records.TryGetValue(parent.Split(' ')[0], out var key) || key.RevokedAt is not null || !_callers.TryGetValue(PlaceOf(Convert.FromHexString(key.HashHex)), out var caller))
        {
            return false;
        }

        limits = caller.Limits;
        return true;
    }

    private void Put(KeyRecord key) => Put(key, new KeyLimits(key, time));

    private void Put(KeyRecord key, KeyLimits? limits)
    {
        _records[key.Id] = key;
        var place = PlaceOf(Convert.FromHexString(key.HashHex));
        if (key.RevokedAt is null)
        {
            _callers[place] = new Caller(key, limits);
        }
        else if (_callers.TryRemove(place, out var caller))
        {
            caller.Revoke();
        }
    }

    private void Remove(KeyRecord login)
    {
        _records.TryRemove(login.Id, out _);
        if (_callers.TryRemove(PlaceOf(Convert.FromHexString(login.HashHex)), out var caller))
        {
            caller.Revoke();
        }
    }
}
