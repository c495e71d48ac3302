using System.Globalization;
using Microsoft.AspNetCore.Http;
using Troupe.Storage;

namespace Troupe.Server.Keys;

/// <summary>Counts what a key uses: requests in each minute, requests at once, tokens in each UTC day since the server started.
/// Thread-safe.</summary>
internal sealed class KeyLimits(KeyRecord record, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _minute;
    private int _requests;
    private int _running;
    private long _day;
    private long _tokens;

    /// <summary>Takes a place for a request; every success must be followed by <see cref="Leave"/>.</summary>
    /// <exception cref="TroupeException">A limit is reached (codes rate_limited, too_many_at_once, token_limit).</exception>
    public void Enter(IHeaderDictionary headers)
    {
        var now = time.GetUtcNow();
        var secondsOfMinute = (int)(now.ToUnixTimeSeconds() % 60);
        lock (_gate)
        {
            StartMinuteLocked(now);
            StartDayLocked(now);
            if (record.RequestsPerMinute is { } rate)
            {
                headers["RateLimit-Limit"] = Text(rate);
                headers["RateLimit-Remaining"] = Text(Math.Max(0, rate - _requests - 1));
                headers["RateLimit-Reset"] = Text(60 - secondsOfMinute);
                if (_requests >= rate)
                {
                    throw TooMany("rate_limited", $"This key allows {rate} requests a minute.", TimeSpan.FromSeconds(60 - secondsOfMinute));
                }
            }

            if (record.Concurrency is { } most && _running >= most)
            {
                throw TooMany("too_many_at_once", $"This key allows {most} requests at once.", TimeSpan.FromSeconds(1));
            }

            if (record.TokensPerDay is { } tokens)
            {
                headers["X-Token-Limit"] = Text(tokens);
                headers["X-Token-Remaining"] = Text(Math.Max(0, tokens - _tokens));
                if (_tokens >= tokens)
                {
                    throw TooMany("token_limit", $"This key allows {tokens} tokens a day (UTC).", now.UtcDateTime.Date.AddDays(1) - now.UtcDateTime);
                }
            }

            _requests++;
            _running++;
        }
    }

    public void Leave()
    {
        lock (_gate)
        {
            _running--;
        }
    }

    /// <summary>Counts what a request took.</summary>
    public void Settle(long tokens)
    {
        lock (_gate)
        {
            StartDayLocked(time.GetUtcNow());
            _tokens += tokens;
        }
    }

    /// <summary>The tokens of the day and how many there may be; null where that is not limited.</summary>
    public (long Tokens, long Limit)? TokensToday()
    {
        if (record.TokensPerDay is not { } limit)
        {
            return null;
        }

        lock (_gate)
        {
            StartDayLocked(time.GetUtcNow());
            return (_tokens, limit);
        }
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static TroupeException TooMany(string code, string message, TimeSpan after) => new(ErrorKind.TooMany, code, message) { RetryAfter = after };

    private void StartMinuteLocked(DateTimeOffset now)
    {
        var minute = now.ToUnixTimeSeconds() / 60;
        if (minute != _minute)
        {
            _minute = minute;
            _requests = 0;
        }
    }

    private void StartDayLocked(DateTimeOffset now)
    {
        var day = now.ToUnixTimeSeconds() / 86_400;
        if (day != _day)
        {
            _day = day;
            _tokens = 0;
        }
    }
}
