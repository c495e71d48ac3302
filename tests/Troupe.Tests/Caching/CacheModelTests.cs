using Troupe.Caching;
using static Troupe.Tests.Caching.Caches;

namespace Troupe.Tests.Caching;

/// <summary>Random calls of a cache and of a plain model of it, on a clock that likes boundaries: both say the same, and count the same, always.
/// TROUPE_TEST_SEED replays one seed.</summary>
public sealed class CacheModelTests
{
    private const int Steps = 500;

    private static readonly string[] Keys = ["a", "b", "c", "d", "e"];
    private static readonly string[] Tags = ["x", "y"];

    public static TheoryData<int> Runs => Seeds.Of(30);

    [Theory]
    [MemberData(nameof(Runs), DisableDiscoveryEnumeration = true)]
    public async Task A_cache_does_what_the_model_does(int seed)
    {
        using var run = new Run(seed);
        for (var step = 0; step < Steps; step++)
        {
            await run.StepAsync(step);
        }

        await run.EndAllAsync();
        Assert.True(run.Model.Fresh > 20 && run.Model.Misses > 20 && run.Model.NotKept > 0, $"Seed {seed} shows less than it should.");
    }

    private sealed class Run : IDisposable
    {
        private readonly Random _random;
        private readonly int _seed;
        private readonly ManualTime _time = new();
        private readonly GatedLoad _load = new();
        private readonly CacheOptions<string, string> _options;
        private readonly Cache<string, string> _cache;
        private readonly List<Flight> _flights = [];
        private readonly Dictionary<string, Entry> _entries = [];
        private readonly Dictionary<string, (Exception Failure, int Count, long Until)> _failures = [];
        private readonly Dictionary<string, int> _generations = new(StringComparer.Ordinal) { ["x"] = 0, ["y"] = 0 };
        private int _epoch;
        private int _weighed;
        private int _made;
        private string _what = "";

        public Run(int seed)
        {
            _seed = seed;
            _random = new Random(seed);
            _options = Options with
            {
                LoadTimeout = TimeSpan.FromDays(1),
                TimeToLive = TimeSpan.FromTicks(_random.Next(10_000, 100_000_000)),
                StaleFor = _random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromTicks(_random.Next(1, 100_000_000)),
                FailureBackoff = _random.Next(2) == 0 ? TimeSpan.Zero : TimeSpan.FromTicks(_random.Next(1, 20_000_000)),
                FinishAbandonedLoads = _random.Next(2) == 0,
                Weigh = (_, _) =>
                {
                    Interlocked.Increment(ref _weighed);
                    return 1;
                },
            };
            _cache = new Cache<string, string>(_options, _time);
        }

        public Counts Model { get; private set; } = new();

        private long Now => _time.GetTimestamp();

        public void Dispose() => _cache.Dispose();

        public async Task StepAsync(int step)
        {
            var key = Keys[_random.Next(Keys.Length)];
            _what = $"seed {_seed}, step {step}";
            switch (_random.Next(100))
            {
                case < 30:
                    Say($"get {key}");
                    await GetAsync(key, Entry());
                    break;

                case < 40:
                    Say($"try {key}");
                    TryGet(key);
                    break;

                case < 60 when _flights.Count > 0:
                    await EndAsync(_flights[_random.Next(_flights.Count)], fails: _random.Next(4) == 0);
                    break;

                case < 66 when _flights.Where(f => f.Waiters.Count > 0).ToList() is { Count: > 0 } waited:
                    await LeaveAsync(waited[_random.Next(waited.Count)]);
                    break;

                case < 72:
                    var entry = Entry();
                    Say($"set {key} for {entry?.TimeToLive} with {string.Join(',', entry?.Tags ?? [])}");
                    var value = $"{key} set {_made++}";
                    Model.Weighed++;
                    Detach(key);
                    Assert.True(_cache.Set(key, value, entry), _what);
                    Store(key, value, TicketOf(entry), entry);
                    break;

                case < 78:
                    Say($"remove {key}");
                    Detach(key);
                    Assert.True(_cache.Remove(key) == (Valid(key) is { } there && Now < there.FreshUntil), _what);
                    _entries.Remove(key);
                    break;

                case < 82:
                    var tag = Tags[_random.Next(Tags.Length)];
                    Say($"invalidate {tag}");
                    _generations[tag]++;
                    _cache.Invalidate(tag);
                    break;

                case < 84:
                    Say("clear");
                    _epoch++;
                    _flights.ForEach(f => f.IsOpen = false);
                    _failures.Clear();
                    _entries.Clear();
                    _cache.Clear();
                    break;

                case < 88:
                    Say("sweep");
                    _cache.Sweep();
                    break;

                default:
                    Advance();
                    break;
            }

            Check();
        }

        public async Task EndAllAsync()
        {
            while (_flights.Count > 0)
            {
                await EndAsync(_flights[0], fails: false);
                Check();
            }
        }

        private void Say(string what) => _what = $"{_what}: {what} at {Now % TimeSpan.TicksPerHour}";

        private CacheEntryOptions? Entry() => _random.Next(3) == 0 ? null : new CacheEntryOptions
        {
            TimeToLive = _random.Next(2) == 0 ? null : TimeSpan.FromTicks(_random.Next(10_000, 100_000_000)),
            Tags = [.. Tags.Where(_ => _random.Next(2) == 0)],
        };

        private Ticket TicketOf(CacheEntryOptions? entry) => new(_epoch, [.. (entry?.Tags ?? []).Select(t => (t, _generations[t]))]);

        private bool IsCurrent(Ticket ticket) => ticket.Epoch == _epoch && ticket.Tags.All(t => _generations[t.Tag] == t.Generation);

        private Entry? Valid(string key) => _entries.TryGetValue(key, out var entry) && IsCurrent(entry.Ticket) ? entry : null;

        private void Detach(string key) => _flights.Where(f => f.Call.Key == key).ToList().ForEach(f => f.IsOpen = false);

        private void Store(string key, string value, Ticket ticket, CacheEntryOptions? entry)
        {
            var fresh = Now + (entry?.TimeToLive ?? _options.TimeToLive!.Value).Ticks;
            _entries[key] = new Entry(value, ticket, fresh, fresh + _options.StaleFor.Ticks);
        }

        private void TryGet(string key)
        {
            var expected = Valid(key) is { } entry && Now < entry.FreshUntil ? entry.Value : null;
            _ = expected is null ? Model.Misses++ : Model.Fresh++;
            Assert.True(_cache.TryGet(key, out var value) == expected is not null && value == expected, $"{_what}: {value}, not {expected}");
        }

        private async Task GetAsync(string key, CacheEntryOptions? options)
        {
            var entry = Valid(key);
            var flight = _flights.Find(f => f.Call.Key == key && f.IsOpen);
            var isResting = _failures.TryGetValue(key, out var failed) && Now < failed.Until;
            var stop = new CancellationTokenSource();
            if (entry is not null && Now < entry.FreshUntil)
            {
                Model.Fresh++;
                Assert.Equal(entry.Value, await _cache.GetAsync(key, _load.RunAsync, options));
                return;
            }

            if (flight is not null && !IsCurrent(flight.Ticket))
            {
                flight.IsOpen = false;
                flight = null;
            }

            if (entry is not null && Now < entry.StaleUntil)
            {
                Model.Stale++;
                var asked = _cache.GetAsync(key, _load.RunAsync, options);
                Assert.True(asked.IsCompletedSuccessfully && await asked == entry.Value, _what);
                if (flight is null && !isResting)
                {
                    Model.Loads++;
                    _flights.Add(new Flight(await _load.NextAsync(), TicketOf(options), options) { IsBackground = true });
                }

                return;
            }

            if (flight is null && isResting)
            {
                Model.Misses++;
                Model.BackedOff++;
                Assert.Same(failed.Failure, await Assert.ThrowsAsync<InvalidDataException>(() => _cache.GetAsync(key, _load.RunAsync, options).AsTask()));
                return;
            }

            var waiting = _cache.GetAsync(key, _load.RunAsync, options, stop.Token).AsTask();
            Assert.False(waiting.IsCompleted, _what);
            if (flight is null)
            {
                Model.Misses++;
                Model.Loads++;
                flight = new Flight(await _load.NextAsync(), TicketOf(options), options);
                Assert.Equal(key, flight.Call.Key);
                _flights.Add(flight);
            }
            else
            {
                Model.Coalesced++;
            }

            flight.Waiters.Add((waiting, stop));
        }

        private async Task EndAsync(Flight flight, bool fails)
        {
            var key = flight.Call.Key;
            Say($"{(fails ? "failure" : "end")} of {key}");
            _flights.Remove(flight);
            if (fails)
            {
                var failure = new InvalidDataException(_what);
                Model.Failures++;
                if (flight.IsOpen && _options.FailureBackoff > TimeSpan.Zero)
                {
                    var count = _failures.TryGetValue(key, out var known) ? known.Count + 1 : 1;
                    var rest = Math.Min(_options.MaxFailureBackoff.Ticks, _options.FailureBackoff.Ticks << Math.Min(count - 1, 30));
                    _failures[key] = (failure, count, Now + rest);
                }

                flight.Call.End.SetException(failure);
                foreach (var (task, _) in flight.Waiters)
                {
                    Assert.Same(failure, await Assert.ThrowsAsync<InvalidDataException>(() => task.Soon()));
                }
            }
            else
            {
                var value = $"{key} loaded {_made++}";
                _failures.Remove(key);
                Model.Weighed += flight.IsOpen ? 1 : 0;
                if (flight.IsOpen && IsCurrent(flight.Ticket))
                {
                    Store(key, value, flight.Ticket, flight.Entry);
                }
                else
                {
                    Model.NotKept++;
                }

                flight.Call.End.SetResult(value);
                foreach (var (task, _) in flight.Waiters)
                {
                    Assert.Equal(value, await task.Soon());
                }
            }

            await Until(() => Volatile.Read(ref _weighed) == Model.Weighed && _cache.Statistics is var s && s.NotKept == Model.NotKept && s.Failures == Model.Failures);
        }

        private async Task LeaveAsync(Flight flight)
        {
            Say($"leave {flight.Call.Key}");
            var (task, stop) = flight.Waiters[_random.Next(flight.Waiters.Count)];
            flight.Waiters.Remove((task, stop));
            await stop.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => task.Soon());
            if (flight.Waiters.Count == 0 && !flight.IsBackground && !_options.FinishAbandonedLoads)
            {
                await flight.Call.Cancelled.Soon();
                _flights.Remove(flight);
                flight.Call.End.SetResult("late");
            }
            else
            {
                Assert.False(flight.Call.Token.IsCancellationRequested, _what);
            }
        }

        private void Advance()
        {
            long[] ends = [.. _entries.Values.SelectMany(e => (long[])[e.FreshUntil, e.StaleUntil]).Concat(_failures.Values.Select(f => f.Until)).Where(e => e > Now + 1)];
            var by = ends.Length > 0 && _random.Next(3) > 0
                ? ends[_random.Next(ends.Length)] + _random.Next(-1, 2) - Now
                : _random.Next(1, 20_000_000);
            Say($"advance {by}");
            _time.Advance(TimeSpan.FromTicks(by));
        }

        private void Check()
        {
            _cache.Verify();
            var s = _cache.Statistics;
            var counted = new Counts
            {
                Fresh = s.Fresh,
                Stale = s.Stale,
                Misses = s.Misses,
                Coalesced = s.Coalesced,
                Loads = s.Loads,
                Failures = s.Failures,
                BackedOff = s.BackedOff,
                NotKept = s.NotKept,
                Weighed = _weighed,
            };
            Assert.True(counted == Model, $"{_what}:\n{counted}\n{Model}");
            Assert.True(s.Requests == Model.Fresh + Model.Stale + Model.Misses + Model.Coalesced, _what);
        }
    }

    private sealed record Ticket(int Epoch, IReadOnlyList<(string Tag, int Generation)> Tags);

    private sealed record Entry(string Value, Ticket Ticket, long FreshUntil, long StaleUntil);

    private sealed record Flight(GatedCall Call, Ticket Ticket, CacheEntryOptions? Entry)
    {
        public List<(Task<string> Task, CancellationTokenSource Stop)> Waiters { get; } = [];

        public bool IsBackground { get; init; }

        /// <summary>Whether it may be joined, and stores its value.</summary>
        public bool IsOpen { get; set; } = true;
    }

    private sealed record Counts
    {
        public long Fresh { get; set; }

        public long Stale { get; set; }

        public long Misses { get; set; }

        public long Coalesced { get; set; }

        public long Loads { get; set; }

        public long Failures { get; set; }

        public long BackedOff { get; set; }

        public long NotKept { get; set; }

        public long Weighed { get; set; }
    }
}
