using System.Text.Json;
using Troupe.Storage;

namespace Troupe.Apps.MedSim.Attempts;

/// <summary>When the server ran, so that the clock of an examination stops while it is down. A mark is written at most every 15 seconds while such a clock
/// runs: of the time before a crash at most that is lost, in the student's favour. Thread-safe.</summary>
internal sealed class ServerHours : IDisposable
{
    private const string Kind = "medsim-hours";
    private const string Name = "server";
    private const int MaxSpans = 64;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan WatchFor = TimeSpan.FromHours(3);

    private readonly Lock _gate = new();
    private readonly IStore _store;
    private readonly Journal _journal;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _start;
    private readonly ITimer _timer;
    private List<long[]> _former = [];
    private Document? _document;
    private DateTimeOffset _watchedUntil;
    private bool _writing;

    public ServerHours(IStore store, Journal journal, TimeProvider time)
    {
        (_store, _journal, _time) = (store, journal, time);
        _start = time.GetUtcNow();
        Loaded = LoadAsync();
        _timer = time.CreateTimer(static hours => _ = ((ServerHours)hours!).MarkAsync(), this, Interval, Interval);
    }

    /// <summary>Completes when what was written before is known.</summary>
    public Task Loaded { get; }

    /// <summary>A clock runs: marks are written for a while.</summary>
    public void Watch()
    {
        bool isNew;
        lock (_gate)
        {
            isNew = _watchedUntil < _time.GetUtcNow();
            _watchedUntil = _time.GetUtcNow() + WatchFor;
        }

        if (isNew)
        {
            _ = MarkAsync();
        }
    }

    /// <summary>How long the server ran between two times.</summary>
    public TimeSpan Between(DateTimeOffset from, DateTimeOffset to)
    {
        lock (_gate)
        {
            var ran = Overlap(_start.ToUnixTimeMilliseconds(), long.MaxValue);
            ran += _former.Sum(span => Overlap(span[0], span[1]));
            return TimeSpan.FromMilliseconds(ran);
        }

        long Overlap(long start, long end) => Math.Max(0, Math.Min(end, to.ToUnixTimeMilliseconds()) - Math.Max(start, from.ToUnixTimeMilliseconds()));
    }

    public void Dispose() => _timer.Dispose();

    private async Task LoadAsync()
    {
        try
        {
            var found = await _store.ReadDocumentsAsync(new DocumentQuery(Kind) { Owner = "*", Id = Name }, CancellationToken.None);
            lock (_gate)
            {
                _document = found.Count > 0 ? found[0] : null;
                _former = _document is null ? [] : JsonSerializer.Deserialize(_document.Body, MedSimJson.Default.ListInt64Array) ?? [];
            }
        }
        catch (Exception failure) when (failure is JsonException or TroupeException)
        {
            // Without it the time before this start is not counted, which harms no student.
            _former = [];
        }
    }

    private async Task MarkAsync()
    {
        Document mark;
        lock (_gate)
        {
            if (_writing || !Loaded.IsCompleted || _time.GetUtcNow() > _watchedUntil)
            {
                return;
            }

            _writing = true;
            var now = _time.GetUtcNow();
            List<long[]> spans = [.. _former.TakeLast(MaxSpans - 1), [_start.ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds()]];
            var body = JsonSerializer.Serialize(spans, MedSimJson.Default.ListInt64Array);
            mark = _document?.Next(body, now) ?? new Document { Kind = Kind, Owner = "*", Id = Name, Body = body, UpdatedAt = now };
        }

        try
        {
            await _journal.WriteAsync(new StoreOperation.PutDocument(mark));
            lock (_gate)
            {
                _document = mark;
            }
        }
        catch (Exception)
        {
            // The next one tries again; what is lost meanwhile is not counted.
        }
        finally
        {
            lock (_gate)
            {
                _writing = false;
            }
        }
    }
}
