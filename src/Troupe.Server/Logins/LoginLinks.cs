using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Troupe.Server.Logins;

/// <summary>The links that log a browser in as the operator: each once, only as long as the process lives. At most 100 stand; the oldest makes room.
/// Thread-safe.</summary>
internal sealed class LoginLinks(TimeProvider time)
{
    private const int MaxLinks = 100;
    private readonly Lock _gate = new();

    // By their hash, and found by comparing all in constant time: what is looked up is a secret.
    private readonly List<(byte[] Hash, DateTimeOffset? ExpiresAt)> _links = [];

    /// <summary>Makes a link.</summary>
    /// <param name="lifetime">How long it stands unused; null for the life of the process.</param>
    public LoginLink Add(TimeSpan? lifetime)
    {
        var code = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(24));
        var end = time.GetUtcNow() + lifetime;
        lock (_gate)
        {
            DropExpiredLocked();
            if (_links.Count == MaxLinks)
            {
                _links.RemoveAt(0);
            }

            _links.Add((HashOf(code), end));
        }

        return new LoginLink($"/#login={code}", end);
    }

    /// <summary>Uses a code up; false when there is none such.</summary>
    public bool TryTake(string code)
    {
        var hash = HashOf(code);
        lock (_gate)
        {
            DropExpiredLocked();
            var found = -1;
            for (var i = 0; i < _links.Count; i++)
            {
                found = CryptographicOperations.FixedTimeEquals(_links[i].Hash, hash) ? i : found;
            }

            if (found >= 0)
            {
                _links.RemoveAt(found);
            }

            return found >= 0;
        }
    }

    private static byte[] HashOf(string code) => SHA256.HashData(Encoding.UTF8.GetBytes(code));

    private void DropExpiredLocked()
    {
        var now = time.GetUtcNow();
        _links.RemoveAll(l => l.ExpiresAt <= now);
    }
}
