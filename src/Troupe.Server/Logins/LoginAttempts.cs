using System.Net;
using System.Net.Sockets;

namespace Troupe.Server.Logins;

/// <summary>How often a login may fail: ten times in five minutes from one address (of IPv6, one /64), a thousand times from all together. A success counts
/// nothing. At most 4,096 addresses are remembered; then what failed longest ago is forgotten. Thread-safe.</summary>
internal sealed class LoginAttempts(TimeProvider time)
{
    private const int MaxFromOne = 10;
    private const int MaxFromAll = 1000;
    private const int MaxAddresses = 4096;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (int Failures, DateTimeOffset Since)> _byAddress = [];
    private (int Failures, DateTimeOffset Since) _all;

    /// <summary>Refuses who has failed too often.</summary>
    /// <exception cref="TroupeException">So it is (code too_many_attempts).</exception>
    public void Check(IPAddress? address)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var one = _byAddress.GetValueOrDefault(PlaceOf(address));
            Check(one, MaxFromOne, now);
            Check(_all, MaxFromAll, now);
        }
    }

    /// <summary>Counts a failure.</summary>
    public void Fail(IPAddress? address)
    {
        var now = time.GetUtcNow();
        lock (_gate)
        {
            var place = PlaceOf(address);
            if (!_byAddress.ContainsKey(place) && _byAddress.Count >= MaxAddresses)
            {
                _byAddress.Remove(_byAddress.MinBy(a => a.Value.Since).Key);
            }

            _byAddress[place] = Count(_byAddress.GetValueOrDefault(place), now);
            _all = Count(_all, now);
        }
    }

    private static (int, DateTimeOffset) Count((int Failures, DateTimeOffset Since) counted, DateTimeOffset now) =>
        now - counted.Since < Window ? (counted.Failures + 1, counted.Since) : (1, now);

    private static void Check((int Failures, DateTimeOffset Since) counted, int limit, DateTimeOffset now)
    {
        if (counted.Failures >= limit && now - counted.Since < Window)
        {
            throw new TroupeException(ErrorKind.TooMany, "too_many_attempts", "Too many logins have failed. Wait some minutes, then try again.") { RetryAfter = Window - (now - counted.Since) };
        }
    }

    /// <summary>Who has one address of IPv6 has 2^64 of them.</summary>
    private static IPAddress PlaceOf(IPAddress? address)
    {
        if (address is null or { AddressFamily: not AddressFamily.InterNetworkV6 } or { IsIPv4MappedToIPv6: true })
        {
            return address?.MapToIPv4() ?? IPAddress.None;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
