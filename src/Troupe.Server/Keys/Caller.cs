using System.Security.Cryptography;
using Troupe.Storage;

namespace Troupe.Server.Keys;

/// <summary>Who calls: a good key, its owner and its limits. Shared by all requests with the key; thread-safe.</summary>
public sealed class Caller
{
    private readonly byte[] _hash;
    private readonly CancellationTokenSource _revoked = new();

    internal Caller(KeyRecord record, KeyLimits? limits)
    {
        Record = record;
        _hash = Convert.FromHexString(record.HashHex);
        Limits = limits;
    }

    /// <summary>To whom everything belongs that this caller makes.</summary>
    public string Owner => Record.Owner;

    /// <summary>Whether the caller operates the server.</summary>
    public bool IsAdmin => Has(Scope.Admin);

    /// <summary>Cancelled when the key is revoked: what listens for long must not outlive its key.</summary>
    public CancellationToken Revoked => _revoked.Token;

    internal KeyRecord Record { get; }

    internal KeyLimits? Limits { get; }

    /// <summary>Whether the key allows a thing; an admin's allows all.</summary>
    public bool Has(Scope scope) =>
        scope == Scope.Public || Record.Scopes.Contains("admin") || Record.Scopes.Contains(scope == Scope.Teach ? "teach" : scope == Scope.Chat ? "chat" : "admin");

    internal void Revoke() => _revoked.Cancel();

    internal bool Matches(ReadOnlySpan<byte> hash) => CryptographicOperations.FixedTimeEquals(_hash, hash);
}
